import RealModule

/// The regularized incomplete beta function Iₓ(a, b), for a and b above zero.
///
/// The continued fraction of DLMF 8.17.22, by the modified Lentz algorithm; where it converges
/// slowly, x > (a + 1)/(a + b + 2), the reflection Iₓ(a, b) = 1 − I₁₋ₓ(b, a) is taken.
public func regularizedIncompleteBeta(_ x: Double, a: Double, b: Double) -> Double {
  precondition(a > 0 && b > 0, "the beta function needs positive arguments, not \(a) and \(b)")
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  guard x <= (a + 1) / (a + b + 2) else {
    return 1 - regularizedIncompleteBeta(1 - x, a: b, b: a)
  }
  let logBeta = Double.logGamma(a) + Double.logGamma(b) - Double.logGamma(a + b)
  let front = Double.exp(a * .log(x) + b * .log(onePlus: -x) - logBeta) / a
  return front / betaContinuedFraction(x, a: a, b: b)
}

/// The value 1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22.
private func betaContinuedFraction(_ x: Double, a: Double, b: Double) -> Double {
  let tiny = 1e-300
  var value = 1.0
  var (numerator, denominator) = (1.0, 0.0)
  for term in 1...2000 {
    let m = Double(term / 2)
    let coefficient =
      term.isMultiple(of: 2)
      ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    denominator = 1 + coefficient * denominator
    denominator = 1 / (abs(denominator) < tiny ? tiny : denominator)
    numerator = 1 + coefficient / numerator
    numerator = abs(numerator) < tiny ? tiny : numerator
    value *= numerator * denominator
    if abs(numerator * denominator - 1) < 1e-16 { break }
  }
  return value
}

/// P(T ≤ t) of Student's t distribution.
public func studentProbability(below t: Double, degreesOfFreedom: Double) -> Double {
  let x = degreesOfFreedom / (degreesOfFreedom + t * t)
  let tail = regularizedIncompleteBeta(x, a: degreesOfFreedom / 2, b: 0.5) / 2
  return t > 0 ? 1 - tail : tail
}

/// The value below which Student's t falls with the given probability.
public func studentQuantile(_ probability: Double, degreesOfFreedom: Double) -> Double {
  precondition(degreesOfFreedom > 0, "\(degreesOfFreedom) degrees of freedom")
  return symmetricQuantile(probability) { t in
    studentProbability(below: t, degreesOfFreedom: degreesOfFreedom)
  }
}

/// P(Z ≤ z) of the standard normal distribution, ½·erfc(−z/√2).
public func normalProbability(below z: Double) -> Double {
  Double.erfc(-z / 2.0.squareRoot()) / 2
}

/// The value below which a standard normal falls with the given probability.
public func normalQuantile(_ probability: Double) -> Double {
  symmetricQuantile(probability, distribution: normalProbability)
}

/// The quantile of a distribution symmetric about zero, by bisection of its lower tail.
///
/// The lower tail keeps its relative precision where the upper one is rounded against 1.
private func symmetricQuantile(
  _ probability: Double, distribution: (Double) -> Double
) -> Double {
  precondition(0 < probability && probability < 1, "the quantile at \(probability) is not finite")
  guard probability != 0.5 else { return 0 }
  let tail = min(probability, 1 - probability)
  var (lower, upper) = (-1.0, 0.0)
  while distribution(lower) > tail { (lower, upper) = (2 * lower, lower) }
  while true {
    let middle = lower + (upper - lower) / 2
    guard lower < middle, middle < upper else { break }
    if distribution(middle) < tail { lower = middle } else { upper = middle }
  }
  return probability < 0.5 ? upper : -upper
}
