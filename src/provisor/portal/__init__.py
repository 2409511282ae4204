"""The admin portal: pages for people, made of the same commands and queries as the API."""
