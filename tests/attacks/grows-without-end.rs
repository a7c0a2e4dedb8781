//! A macro that doubles its length again and again.

macro_rules! twice {
    ($($all:tt)*) => { twice! { $($all)* $($all)* } };
}

fn main() {
    twice! { 1 + }
}
