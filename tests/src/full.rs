//! Tests that need other kernels: what `--kernel-with` adds, every lesson and exercise on
//! kernels and modules that were compiled differently, and every exercise at other speeds
//! of the guest.

use std::sync::Arc;

use builder::kernel::{Compiler, Optimize, Options};
use host::on_path;
use lab::course::Course;
use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Completion;
use vm::command::Accel;

use crate::pairs::Pairs;
use crate::runs::Runs;
use crate::{Test, class, exercises, kernel_with, lessons, within};

/// A kernel other than the lessons' own.
struct Variant {
    name: &'static str,
    compiler: fn() -> Option<Compiler>,
    optimize: Optimize,
}

const VARIANTS: &[Variant] = &[
    Variant { name: "gcc-O2", compiler: gcc, optimize: Optimize::Speed },
    Variant { name: "clang-Os", compiler: clang, optimize: Optimize::Size },
    Variant { name: "clang-O2", compiler: clang, optimize: Optimize::Speed },
];

/// Speeds of the guest, as QEMU's `-icount shift`. The lab's own is 5.
const SHIFTS: &[u8] = &[3, 4, 6, 7];

/// One test for each addition. Then, for each variant, one test per lesson, stub, solution
/// and mutant. A compiler that the host does not have gives one skipped test. A variant
/// without a test whose name contains `filter` is left out, because its kernel takes
/// minutes to build.
pub fn all(
    lab: &Arc<Lab<'static>>,
    machine: &Arc<Machine>,
    filter: Option<&str>,
) -> Result<Vec<Test>, Error> {
    let ordinary: Vec<String> = of_a_kernel(lab, machine)?.map(|test| test.name).collect();
    let is_wanted = |variant: &str| {
        let mut names = ordinary.iter().map(|name| within(variant, name));
        filter.is_none_or(|filter| names.any(|name| name.contains(filter)))
    };
    let mut tests = kernel_with::all(lab, machine)?;
    tests.push(class::large(lab)?);
    for &shift in SHIFTS {
        let exercises = exercises::at(Accel::Tcg { shift }, lab, machine)?;
        tests.extend(exercises.into_iter().map(|test| test.within(&format!("shift-{shift}"))));
    }
    for Variant { name, compiler, optimize } in VARIANTS.iter().filter(|it| is_wanted(it.name)) {
        let Some(compiler) = compiler() else {
            tests.push(Test::that_may_be_skipped(format!("full::{name}"), || {
                Ok(Completion::ignored_with("the host has no clang"))
            }));
            continue;
        };
        let kernel = Options { compiler, optimize: *optimize, ..lab.kernel.clone() };
        let course = Course::open(&lab.course.root)?;
        let cache = lab.cache.clone();
        let lab = Arc::new(Lab { course, cache, kernel, progress: lab.progress });
        let machine = Arc::new(lab.machine()?);
        tests.extend(of_a_kernel(&lab, &machine)?.map(|test| test.within(name)));
    }
    Ok(tests)
}

/// The tests that are repeated on each kernel.
fn of_a_kernel(
    lab: &Arc<Lab<'static>>,
    machine: &Arc<Machine>,
) -> Result<impl Iterator<Item = Test>, Error> {
    let pairs = Pairs::new(&Runs::new(lab, machine));
    Ok(lessons::all(lab, &pairs)?.into_iter().chain(exercises::all(lab, machine)?))
}

fn gcc() -> Option<Compiler> {
    Some(Compiler::default())
}

/// The host's clang, or the newest one with a version in its name.
fn clang() -> Option<Compiler> {
    let names = std::iter::once("clang".to_owned());
    let mut names = names.chain((11..=30).rev().map(|version| format!("clang-{version}")));
    names.find(|name| on_path(name).is_some())?.parse().ok()
}
