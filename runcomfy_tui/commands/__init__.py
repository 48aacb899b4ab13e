"""The commands that open no window, each in a module of its name; export and import in one."""
