//! Dividing a whole number over parts by weight, exactly: largest remainder, in integers.

/// Parts that add up to `total`, each within one of its exact share; ties go to the earlier part.
///
/// # Panics
/// When there is something to divide and no weight.
pub fn apportion(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if total == 0 {
        return vec![0; weights.len()];
    }
    assert!(sum > 0, "nothing to divide over");
    let share = |weight: &u64| u128::from(total) * u128::from(*weight);
    // Unwrap safety: a share is at most `total`, which is a u64.
    let mut parts: Vec<u64> = weights.iter().map(|weight| u64::try_from(share(weight) / sum).unwrap()).collect();
    let left = (total - parts.iter().sum::<u64>()) as usize;
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(share(&weights[*i]) % sum), *i));
    for i in &order[..left] {
        parts[*i] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn remainders_go_to_the_largest() {
        assert_eq!(apportion(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(apportion(7, &[5, 0, 2]), [5, 0, 2]);
        assert_eq!(apportion(1, &[1, 3]), [0, 1]);
        assert_eq!(apportion(0, &[0, 0]), [0, 0]);
    }

    proptest! {
        #[test]
        fn parts_add_up_and_lie_within_one(total in 0..5_000_000u64, weights in prop::collection::vec(1..1_000_000_000u64, 1..40)) {
            let parts = apportion(total, &weights);
            prop_assert_eq!(parts.iter().sum::<u64>(), total);
            let sum: u64 = weights.iter().sum();
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = total as f64 * *weight as f64 / sum as f64;
                prop_assert!((*part as f64 - exact).abs() <= 1.001);
            }
        }
    }
}
