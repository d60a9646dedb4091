"""Own sentences with personal data, all of it made up; the data card says how."""
