"""One reader per official layout. Columns are found by name; a changed layout is a DataError naming file and column."""
