drawMap(JSON.parse(document.getElementById("map-data").textContent), (id) => document.getElementById(id));
