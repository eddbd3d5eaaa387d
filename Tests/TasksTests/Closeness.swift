/// Whether two numbers agree up to rounding.
func isClose(_ a: Double, _ b: Double, tolerance: Double = 1e-12) -> Bool {
  abs(a - b) <= tolerance
}

/// Whether two lists agree, number by number, up to rounding.
func isClose(_ a: [Double], _ b: [Double], tolerance: Double = 1e-12) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { isClose($0, $1, tolerance: tolerance) }
}

/// Whether a share of draws agrees with a probability within four standard errors.
func agrees(_ hits: Int, of count: Int, with probability: Double) -> Bool {
  let error = (probability * (1 - probability) / Double(count)).squareRoot()
  return abs(Double(hits) / Double(count) - probability) <= 4 * error
}
