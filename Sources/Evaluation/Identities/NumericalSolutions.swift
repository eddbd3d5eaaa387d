// Derivatives and roots from values alone.

/// The gradient by central differences of the eighth order, with an error of about 1e-13.
///
///     f′(x) ≈ (4/5·Δ₁ − 1/5·Δ₂ + 4/105·Δ₃ − 1/280·Δ₄)/h        Δₖ = f(x + k·h) − f(x − k·h)
func numericalGradient(at point: [Double], of function: ([Double]) -> Double) -> [Double] {
  point.indices.map { i in
    numericalDerivative { step in
      var moved = point
      moved[i] += step
      return function(moved)
    }
  }
}

/// The derivative of a function of a step, at zero.
func numericalDerivative(stepSize: Double = 4e-3, of function: (Double) -> Double) -> Double {
  let weights = [4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280]
  return weights.enumerated().reduce(0) { sum, entry in
    let step = Double(entry.offset + 1) * stepSize
    return sum + entry.element * (function(step) - function(-step)) / stepSize
  }
}

/// The solution of A·x = b by elimination with row exchanges.
func solution(of matrix: [[Double]], _ right: [Double]) -> [Double] {
  var rows = zip(matrix, right).map { $0 + [$1] }
  for column in rows.indices {
    let pivot = rows.indices[column...].max { abs(rows[$0][column]) < abs(rows[$1][column]) }
    rows.swapAt(column, pivot ?? column)
    for row in rows.indices where row != column {
      let factor = rows[row][column] / rows[column][column]
      for j in column...rows.count { rows[row][j] -= factor * rows[column][j] }
    }
  }
  return rows.indices.map { rows[$0][rows.count] / rows[$0][$0] }
}

/// The root of an increasing function, by bisection to the last bit.
func root(ofIncreasing function: (Double) -> Double) -> Double {
  var (lower, upper) = (-1.0, 1.0)
  while function(lower) > 0 { lower *= 2 }
  while function(upper) < 0 { upper *= 2 }
  while true {
    let middle = lower + (upper - lower) / 2
    guard lower < middle, middle < upper else { return middle }
    if function(middle) < 0 { lower = middle } else { upper = middle }
  }
}
