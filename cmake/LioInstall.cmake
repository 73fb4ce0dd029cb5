# Filled in with the install rules: package files and pkg-config.
