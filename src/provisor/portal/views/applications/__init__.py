"""The pages of Access > SSO Applications, one small module for each."""
