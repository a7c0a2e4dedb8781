//! What poll writes, and what select says of the same.

mod the_answer_is_beside_the_question;
mod select_has_fewer_words;
mod a_regular_file;

use std::io;

pub fn run() -> io::Result<()> {
    // 7. A field for the question and another for the answer.
    the_answer_is_beside_the_question::run()?;
    // 8. No writer, no reader: select says readable, writable.
    select_has_fewer_words::run()?;
    // 9. A file on a disk is always ready; the refusal is epoll's.
    a_regular_file::run()
}
