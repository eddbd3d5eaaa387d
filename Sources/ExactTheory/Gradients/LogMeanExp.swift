import RealModule

/// The mean and variance of β·log((1/k)·Σ exp(r(yᵢ)/β)) over k completions yᵢ ~ p, exactly.
///
/// It estimates the soft value V* from below: E_p[r] for k = 1, rising to V* (Burda (2016),
/// theorem 1).
package func logMeanExpMoments(
  objective: ExactObjective, samples k: Int
) -> (mean: Double, variance: Double) {
  let centred = CentredObjective(objective)
  let moments = centred.logMeanExpMoments(samples: k)
  return (centred.softValue + moments.mean, moments.variance)
}

/// The law of L = log(S/(k·E X)) for the sum S of k independent X > 0 with finitely many values.
///
/// Take T ~ Exp(1) independent of S. Then log T − L has the survival function φ(eᵘ)ᵏ with
/// φ(t) = E exp(−t·X/(k·E X)), and log T the survival function exp(−eᵘ). With their difference D
///
///     E L = −∫ D(u) du        E L² = 2·∫ (u + γ)·D(u) du        D(u) = φ(eᵘ)ᵏ − exp(−eᵘ) ≥ 0
///
/// by partial integration, E log T = −γ and independence; D ≥ 0 is Jensen's inequality. D is
/// analytic for |Im u| < π/2 and decays at both ends, so that the trapezoid rule errs by about
/// exp(−π²/h) (Trefethen (2014), theorem 5.1): nothing in Double for h = 1/8.
struct LogMeanLaw {
  private let samples: Double
  private let masses: [Double]
  /// log(X/E X), descending.
  private let logRatios: [Double]
  /// X/E X − 1.
  private let deviations: [Double]

  /// The law of values given by logarithms, of which the largest is zero.
  init(masses: [Double], logValues: [Double], samples: Int) {
    self.samples = Double(samples)
    var grouped: [(logValue: Double, mass: Double)] = []
    for (logValue, mass) in zip(logValues, masses).sorted(by: { $0.0 > $1.0 }) {
      if grouped.last?.logValue == logValue {
        grouped[grouped.count - 1].mass += mass
      } else {
        grouped.append((logValue, mass))
      }
    }
    let total = grouped.reduce(0) { $0 + $1.mass }
    self.masses = grouped.map { $0.mass / total }
    let belowLargest = grouped.map { Double.expMinusOne($0.logValue) }
    let meanBelow = zip(self.masses, belowLargest).reduce(0) { $0 + $1.0 * $1.1 }
    // Where the largest value is so rare that 1 + meanBelow loses its digits, the sum keeps them.
    let direct = zip(self.masses, grouped).reduce(0.0) { $0 + $1.0 * .exp($1.1.logValue) }
    let logMean: Double = meanBelow > -0.5 ? .log(onePlus: meanBelow) : .log(direct)
    logRatios = grouped.map { $0.logValue - logMean }
    deviations = logRatios.map { Double.expMinusOne($0) }
  }

  /// The mean E L and the variance of L.
  func moments() -> (mean: Double, variance: Double) {
    var (mean, second) = (0.0, 0.0)
    let eulersConstant = 0.577_215_664_901_532_9
    forEachNode { difference, count, center in
      mean -= Self.step * difference * count
      second += 2 * Self.step * difference * count * (center + eulersConstant)
    }
    return (mean, max(0, second - mean * mean))
  }

  /// D(u).
  private func survivalDifference(_ u: Double) -> Double {
    let t = Double.exp(u)
    if t <= 50 {
      // φᵏ = exp(−t)·(1 + E[exp(z) − 1 − z])ᵏ with z = −t·(X/E X − 1)/k, whose mean is zero.
      let excess = zip(masses, deviations).reduce(0) {
        $0 + $1.0 * exponentialBeyondLinear(-t * $1.1 / samples)
      }
      let exponent = samples * .log(onePlus: excess)
      if exponent < 1 { return .exp(-t) * .expMinusOne(exponent) }
    }
    let decay = zip(masses, logRatios).reduce(0) {
      $0 + $1.0 * .expMinusOne(-.exp(u + $1.1) / samples)
    }
    return .exp(samples * .log(onePlus: max(-1, decay))) - .exp(-t)
  }

  private static let step = 0.125
  /// How far before a value takes effect in φ, and how far after it has died out there.
  private static let (lead, trail) = (44.0, 4.0)

  /// Calls the body with D, a number of equally spaced nodes and their mean place.
  ///
  /// Each value of X, and the exponential itself, changes D only around one place. Between such
  /// windows D is constant, and however long the way is, it is one call.
  private func forEachNode(
    _ body: (_ difference: Double, _ count: Double, _ center: Double) -> Void
  ) {
    let places = ([0] + logRatios.map { Double.log(samples) - $0 }).sorted()
    var next = -Double.infinity
    for place in places {
      let first = ((place - Self.lead) / Self.step).rounded(.down)
      let last = ((place + Self.trail) / Self.step).rounded(.up)
      if next > -.infinity, next < first {
        let center = (next + first - 1) / 2 * Self.step
        body(survivalDifference(center), first - next, center)
      }
      next = max(next, first)
      while next <= last {
        let u = next * Self.step
        body(survivalDifference(u), 1, u)
        next += 1
      }
    }
  }
}

/// eᶻ − 1 − z without cancellation near zero, by its series there.
func exponentialBeyondLinear(_ z: Double) -> Double {
  guard abs(z) < 0.5 else { return Double.expMinusOne(z) - z }
  var sum = 1.0
  for order in stride(from: 17.0, through: 3, by: -1) { sum = 1 + z / order * sum }
  return z * z / 2 * sum
}
