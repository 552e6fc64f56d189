"""People and their ways in beyond a password: letters, second factors, a provider, the audit."""
