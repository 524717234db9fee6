"""The local API: what a request passes, the routes, the process that serves them."""
