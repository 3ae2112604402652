"""Tables that single commands take."""
