"""Put one run together: check, forecast, run, resume; what CLI and service hold."""
