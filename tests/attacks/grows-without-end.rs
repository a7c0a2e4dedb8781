//! A macro that becomes twice as long, and again, and again.

macro_rules! twice {
    ($($all:tt)*) => { twice! { $($all)* $($all)* } };
}

fn main() {
    twice! { 1 + }
}
