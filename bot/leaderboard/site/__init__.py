"""The board as people read it in a browser: pages built from the entries, which need neither a server nor a network."""
