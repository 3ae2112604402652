// The public page of a plan: its map.
drawMap(JSON.parse(document.getElementById("map-data").textContent), (id) => document.getElementById(id));
