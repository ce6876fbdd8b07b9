"""Published models by their keys: what there is, how it was measured, and how to load it. No torch or numpy until then."""
