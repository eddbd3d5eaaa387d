/// The largest relative error that a check has met so far.
struct Deviation {
  /// The largest error; infinite once a value was not a number or a count was wrong.
  private(set) var largest = 0.0

  /// Compares a value with what it should be, relative to the larger of that and a scale.
  mutating func compare(_ value: Double, to expected: Double, scale: Double = 0) {
    guard value != expected else { return }
    note(abs(value - expected) / max(abs(expected), scale))
  }

  /// Compares vectors, relative to the largest expected element or a scale.
  mutating func compare(_ values: [Double], to expected: [Double], scale: Double = 0) {
    guard values.count == expected.count else { return note(.infinity) }
    let size = expected.reduce(scale) { max($0, abs($1)) }
    for (value, wanted) in zip(values, expected) where value != wanted {
      note(abs(value - wanted) / size)
    }
  }

  /// Notes how far a value that should be zero is from it, relative to a scale.
  mutating func vanish(_ value: Double, scale: Double) { compare(value, to: 0, scale: scale) }

  /// Notes by how much a value exceeds a bound, relative to a scale.
  mutating func bound(_ value: Double, by bound: Double, scale: Double) {
    note(max(0, (value - bound) / scale))
  }

  private mutating func note(_ error: Double) {
    largest = error.isNaN ? .infinity : max(largest, error)
  }
}
