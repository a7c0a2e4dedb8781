//! Repeated measurements, and the statistics worth reporting.

/// One or more measurements, in ascending order.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// # Panics
    /// If there is no sample or one of them is NaN.
    pub fn new(mut samples: Vec<f64>) -> Samples {
        assert!(!samples.is_empty(), "at least one sample");
        samples.sort_by(|a, b| a.partial_cmp(b).expect("a sample is a number"));
        Samples(samples)
    }

    /// The middle sample, or the mean of the two middle ones.
    pub fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len() % 2 == 1 {
            self.0[middle]
        } else {
            f64::midpoint(self.0[middle - 1], self.0[middle])
        }
    }

    /// The lowest and the highest sample. Outliers are not left out.
    pub fn spread(&self) -> (f64, f64) {
        (self.0[0], self.0[self.0.len() - 1])
    }

    /// All samples, in ascending order.
    pub fn all(&self) -> &[f64] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(Samples::new(vec![3.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(Samples::new(vec![4.0, 1.0, 2.0, 9.0]).median(), 3.0);
        assert_eq!(Samples::new(vec![7.0]).median(), 7.0);
    }

    #[test]
    fn the_spread_leaves_nothing_out() {
        let samples = Samples::new(vec![3.0, 90.0, 1.0, 2.0]);
        assert_eq!(samples.spread(), (1.0, 90.0));
        assert_eq!(samples.all(), [1.0, 2.0, 3.0, 90.0]);
    }
}
