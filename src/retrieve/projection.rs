//! Two axes along which vectors differ most: principal component analysis, so that they can be drawn.
//!
//! Exact in its input, the full covariance, and the same every time: a fixed start, and each axis points to where its
//! largest component is positive. Does not know what the vectors are of, and makes no map that bends.

use super::RetrieveError;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Directions that are sought together; more than two, so that close ones do not hold each other up.
const BLOCK: usize = 8;
/// The axes are found when neither moves by more than this.
const TOLERANCE: f64 = 1e-10;
const MOST_ROUNDS: usize = 2000;
/// A direction that is shorter after the others are taken out of it is noise.
const SHORTEST: f64 = 1e-150;

/// Sums from which mean and covariance follow.
#[derive(Debug, Clone)]
pub struct Scatter {
    width: usize,
    count: usize,
    sums: Vec<f64>,
    /// Sums of products, `[width, width]`; the triangle from the diagonal to the right is filled.
    products: Vec<f64>,
}

/// Two axes, and where the origin lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    mean: Vec<f64>,
    axes: [Vec<f64>; 2],
    shares: [f64; 2],
}

impl Scatter {
    /// Begins without a vector.
    pub fn new(width: usize) -> Self {
        Self { width, count: 0, sums: vec![0.0; width], products: vec![0.0; width * width] }
    }

    /// Counts a vector in.
    ///
    /// # Errors
    /// [`RetrieveError::QueryWidth`] if its width is another.
    pub fn add(&mut self, vector: &[f32]) -> Result<(), RetrieveError> {
        if vector.len() != self.width {
            return Err(RetrieveError::QueryWidth { expected: self.width, found: vector.len() });
        }
        let vector: Vec<f64> = vector.iter().map(|&value| f64::from(value)).collect();
        for (sum, value) in self.sums.iter_mut().zip(&vector) {
            *sum += value;
        }
        for (i, (row, value)) in self.products.chunks_exact_mut(self.width).zip(&vector).enumerate() {
            for (product, other) in row.iter_mut().zip(&vector).skip(i) {
                *product += value * other;
            }
        }
        self.count += 1;
        Ok(())
    }

    /// Finds the two axes of the largest variance; without any variance they are some axes and their shares are 0.
    pub fn projection(&self) -> Projection {
        let count = self.count.max(1) as f64;
        let mean: Vec<f64> = self.sums.iter().map(|sum| sum / count).collect();
        let covariance = self.covariance(&mean, count);
        let total: f64 = covariance.iter().step_by(self.width + 1).sum();
        let [(first, first_variance), (second, second_variance)] = largest_two(&covariance, self.width);
        let share = |variance: f64| if total > 0.0 { (variance / total).clamp(0.0, 1.0) } else { 0.0 };
        let shares = [share(first_variance), share(second_variance)];
        Projection { mean, axes: [first, second].map(pointed), shares }
    }

    fn covariance(&self, mean: &[f64], count: f64) -> Vec<f64> {
        let mut covariance = vec![0.0; self.width * self.width];
        for i in 0..self.width {
            for j in i..self.width {
                let value = self.products[i * self.width + j] / count - mean[i] * mean[j];
                covariance[i * self.width + j] = value;
                covariance[j * self.width + i] = value;
            }
        }
        covariance
    }
}

impl Projection {
    /// Places a vector: along the first axis and along the second, from the mean.
    ///
    /// # Errors
    /// [`RetrieveError::QueryWidth`] if its width is another.
    pub fn place(&self, vector: &[f32]) -> Result<[f32; 2], RetrieveError> {
        if vector.len() != self.mean.len() {
            return Err(RetrieveError::QueryWidth { expected: self.mean.len(), found: vector.len() });
        }
        let centered: Vec<f64> =
            vector.iter().zip(&self.mean).map(|(&x, mean)| f64::from(x) - mean).collect();
        Ok(self.axes.each_ref().map(|axis| dot(axis, &centered) as f32))
    }

    /// The share of the variance along each axis, 0 to 1, the larger first.
    pub fn shares(&self) -> [f64; 2] {
        self.shares
    }
}

/// Subspace iteration (Golub & Van Loan 2013, section 8.2.4): the two eigenvectors of the largest eigenvalues, with
/// these.
fn largest_two(matrix: &[f64], width: usize) -> [(Vec<f64>, f64); 2] {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut block: Vec<Vec<f64>> = Vec::new();
    for _ in 0..BLOCK.min(width) {
        block.push((0..width).map(|_| rng.random_range(-1.0..1.0)).collect());
    }
    orthonormalize(&mut block);
    for _ in 0..MOST_ROUNDS {
        let mut next: Vec<Vec<f64>> = block.iter().map(|vector| times(matrix, vector)).collect();
        rotate_to_ritz_vectors(&block, &mut next);
        orthonormalize(&mut next);
        let moved = next.iter().zip(&block).take(2).map(|(a, b)| 1.0 - dot(a, b).abs());
        let furthest = moved.fold(0.0, f64::max);
        block = next;
        if furthest < TOLERANCE * TOLERANCE.sqrt() {
            break;
        }
    }
    let mut found = block.into_iter().map(|vector| {
        let value = dot(&vector, &times(matrix, &vector));
        (vector, value)
    });
    let mut next = || found.next().unwrap_or((vec![0.0; width], 0.0));
    [next(), next()]
}

/// Turns `images`, what a matrix makes of an orthonormal `block`, so that they follow the eigenvectors of the matrix
/// within the block, the largest eigenvalue first.
fn rotate_to_ritz_vectors(block: &[Vec<f64>], images: &mut Vec<Vec<f64>>) {
    let size = block.len();
    let mut small: Vec<Vec<f64>> =
        block.iter().map(|row| images.iter().map(|image| dot(row, image)).collect()).collect();
    let turns = jacobi(&mut small);
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| small[b][b].total_cmp(&small[a][a]).then(a.cmp(&b)));
    let turned = |&column: &usize| {
        let mut sum = vec![0.0; images[0].len()];
        for (image, turn) in images.iter().zip(&turns) {
            add_scaled(&mut sum, turn[column], image);
        }
        sum
    };
    *images = order.iter().map(turned).collect();
}

/// Cyclic Jacobi (Golub & Van Loan 2013, section 8.5): makes a small symmetric matrix diagonal and gives the
/// eigenvectors as columns.
fn jacobi(matrix: &mut [Vec<f64>]) -> Vec<Vec<f64>> {
    let size = matrix.len();
    let mut vectors: Vec<Vec<f64>> =
        (0..size).map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    // Each sweep squares what is left; a small matrix needs about six.
    for _ in 0..16 {
        for p in 0..size {
            for q in p + 1..size {
                let (cosine, sine) = rotation(matrix[p][p], matrix[q][q], matrix[p][q]);
                for row in matrix.iter_mut().chain(vectors.iter_mut()) {
                    (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
                }
                let (upper, lower) = matrix.split_at_mut(q);
                for (a, b) in upper[p].iter_mut().zip(&mut lower[0]) {
                    (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
                }
            }
        }
    }
    vectors
}

/// Cosine and sine of the rotation that makes the off-diagonal element 0.
fn rotation(first: f64, last: f64, off: f64) -> (f64, f64) {
    if off == 0.0 {
        return (1.0, 0.0);
    }
    let tau = (last - first) / (2.0 * off);
    let tangent = tau.signum() / (tau.abs() + tau.hypot(1.0));
    let cosine = tangent.hypot(1.0).recip();
    (cosine, tangent * cosine)
}

/// Gram-Schmidt, twice for the sake of rounding; what vanishes is replaced by the first unit vector that does not.
fn orthonormalize(block: &mut [Vec<f64>]) {
    for i in 0..block.len() {
        let (done, rest) = block.split_at_mut(i);
        let Some(vector) = rest.first_mut() else { return };
        let mut units = 0..vector.len();
        while !made_unit(vector, done) {
            let Some(unit) = units.next() else { break };
            vector.fill(0.0);
            vector[unit] = 1.0;
        }
    }
}

/// Takes the other directions out of a vector and makes its length 1; gives whether enough of it was left.
fn made_unit(vector: &mut [f64], others: &[Vec<f64>]) -> bool {
    for _ in 0..2 {
        let length = dot(vector, vector).sqrt();
        if length < SHORTEST {
            return false;
        }
        vector.iter_mut().for_each(|value| *value /= length);
        for other in others {
            add_scaled(vector, -dot(vector, other), other);
        }
    }
    let length = dot(vector, vector).sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    length > 0.5
}

fn times(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    matrix.chunks_exact(vector.len()).map(|row| dot(row, vector)).collect()
}

fn add_scaled(sum: &mut [f64], factor: f64, vector: &[f64]) {
    for (sum, value) in sum.iter_mut().zip(vector) {
        *sum += factor * value;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The component that is largest, the first of several, is to be positive.
fn pointed(axis: Vec<f64>) -> Vec<f64> {
    let largest = axis.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let is_down = axis.iter().find(|value| value.abs() == largest).is_some_and(|value| *value < 0.0);
    if is_down { axis.into_iter().map(|value| -value).collect() } else { axis }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn scatter(vectors: &[Vec<f32>]) -> Scatter {
        let mut scatter = Scatter::new(vectors[0].len());
        for vector in vectors {
            scatter.add(vector).unwrap();
        }
        scatter
    }

    #[test]
    fn a_case_worked_by_hand() {
        // Variances 8 and 2 along (1, 1, 0)/√2 and (1, -1, 0)/√2, and 0 along the third axis; mean (1, 2, 3).
        let around = [[2.0, 2.0], [-2.0, -2.0], [2.0, 2.0], [-2.0, -2.0], [1.0, -1.0], [-1.0, 1.0]];
        let vectors: Vec<Vec<f32>> = around.iter().map(|[x, y]| vec![1.0 + x, 2.0 + y, 3.0]).collect();
        let projection = scatter(&vectors).projection();
        let [first, second] = projection.shares();
        // Sums of squares are 4 · 8 and 2 · 2.
        assert!((first - 32.0 / 36.0).abs() < 1e-12 && (second - 4.0 / 36.0).abs() < 1e-12);
        let root = 2.0_f32.sqrt();
        assert_eq!(projection.place(&[1.0, 2.0, 3.0]).unwrap(), [0.0, 0.0]);
        let [x, y] = projection.place(&[2.0, 3.0, 3.0]).unwrap();
        assert!((x - root).abs() < 1e-6 && y.abs() < 1e-6, "{x} {y}");
        let [x, y] = projection.place(&[2.0, 1.0, 9.0]).unwrap();
        assert!(x.abs() < 1e-6 && (y.abs() - root).abs() < 1e-6, "{x} {y}");
    }

    #[test]
    fn axes_are_eigenvectors_in_many_dimensions_and_point_up() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for width in [2, 7, 60] {
            let vectors: Vec<Vec<f32>> = (0..150)
                .map(|_| {
                    (0..width).map(|i| rng.random_range(-1.0..1.0) * (1.0 + 1.0 / (1 + i) as f32)).collect()
                })
                .collect();
            let scatter = scatter(&vectors);
            let projection = scatter.projection();
            let covariance = scatter.covariance(&projection.mean, 150.0);
            let total: f64 = covariance.iter().step_by(width + 1).sum();
            for (axis, share) in projection.axes.iter().zip(projection.shares) {
                let image = times(&covariance, axis);
                for (image, value) in image.iter().zip(axis) {
                    assert!((image - share * total * value).abs() < 1e-6, "width {width}");
                }
                let largest = axis.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap();
                assert!(largest > 0.0);
                assert!((dot(axis, axis) - 1.0).abs() < 1e-12);
            }
            assert!(dot(&projection.axes[0], &projection.axes[1]).abs() < 1e-12);
            assert!(projection.shares[0] >= projection.shares[1] && projection.shares[1] > 0.0);
        }
    }

    #[test]
    fn no_direction_has_more_variance() {
        // The variance along the first axis is the largest eigenvalue: above any direction that is tried.
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let vectors: Vec<Vec<f32>> =
            (0..90).map(|_| (0..12).map(|_| rng.random_range(-1.0..1.0)).collect()).collect();
        let scatter = scatter(&vectors);
        let projection = scatter.projection();
        let covariance = scatter.covariance(&projection.mean, 90.0);
        let along = |direction: &[f64]| dot(direction, &times(&covariance, direction));
        for _ in 0..500 {
            let mut tried: Vec<f64> = (0..12).map(|_| rng.random_range(-1.0..1.0)).collect();
            assert!(made_unit(&mut tried, &[]));
            assert!(along(&tried) <= along(&projection.axes[0]) + 1e-12);
            if made_unit(&mut tried, &projection.axes[..1]) {
                assert!(along(&tried) <= along(&projection.axes[1]) + 1e-12);
            }
        }
    }

    #[test]
    fn without_variance_everything_lies_at_the_origin() {
        for (vectors, width) in
            [(vec![vec![0.5_f32; 3]; 4], 3), (vec![vec![1.0, 0.0]], 2), (vec![vec![7.0]], 1)]
        {
            let projection = scatter(&vectors).projection();
            assert_eq!(projection.shares(), [0.0, 0.0], "width {width}");
            let [x, y] = projection.place(&vectors[0]).unwrap();
            assert!(x.abs() < 1e-6 && y.abs() < 1e-6);
        }
        assert_eq!(Scatter::new(2).projection().shares(), [0.0, 0.0]);
    }

    #[test]
    fn one_direction_alone_takes_all_the_variance() {
        let vectors: Vec<Vec<f32>> = [-1.0, 0.0, 1.0].map(|x| vec![0.0, -x, 0.0, 0.0]).to_vec();
        let projection = scatter(&vectors).projection();
        assert!((projection.shares()[0] - 1.0).abs() < 1e-12 && projection.shares()[1] < 1e-12);
        assert_eq!(projection.axes[0].iter().map(|v| v.round()).collect::<Vec<_>>(), [0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_vector_of_another_width_is_refused() {
        let mut scatter = Scatter::new(2);
        assert_eq!(scatter.add(&[1.0]), Err(RetrieveError::QueryWidth { expected: 2, found: 1 }));
        let refused = scatter.projection().place(&[1.0; 3]);
        assert_eq!(refused, Err(RetrieveError::QueryWidth { expected: 2, found: 3 }));
    }
}
