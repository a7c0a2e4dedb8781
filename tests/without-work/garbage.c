)]}> this is no program
