"""The what-if page: a small web application on this machine, for people who never see a terminal."""
