# A student's own module under gdb. The test debug::mine runs this file: the module has a
# function that the lesson's module does not have.
set width 0
set filename-display basename

break only_in_mine
continue
with print address off -- backtrace -frame-arguments none 2
# The student's own file, not the copy that was compiled.
list only_in_mine
