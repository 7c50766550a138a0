"""The sample newsroom of the demo: an invented harbour town, its two newsletters, its people. All of it is made up."""
