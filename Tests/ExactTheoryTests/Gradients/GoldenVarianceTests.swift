import ExactTheory
import Foundation
import Testing
import TheoryTestSupport

/// The golden fixture's variances, derived apart from this code in NumPy with float64.
@Suite struct GoldenVarianceTests {
  struct Golden: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let logPolicy: [Double]
    let numbers: [String: Double]
    let preferences: [String: Double]
    let descent: [Double]
  }

  static let logOptimum = GoldenFixture.rewards.indices.map {
    GoldenFixture.logReference[$0] + GoldenFixture.rewards[$0]
      - log(0.5 + exp(1) / 3 + exp(3) / 6)
  }

  static let cases = [
    Golden(
      testDescription: "the reference", logPolicy: GoldenFixture.logReference,
      numbers: [
        "V^q": 0.833333333333333, "b*": 1.25757575757576, "F": 0.611111111111111,
        "|g|²": 0.307098765432099, "none": 1.51697530864198, "soft": 0.605998961341385,
        "value": 0.660493827160494, "optimal": 0.550505050505051, "sample": 1.35648148148148,
        "RLOO": 0.83179012345679,
      ],
      preferences: [
        "loss": 0.693147180559945, "|G|²": 0.0383079184932707, "trCov": 0.267247637062285,
      ], descent: []),
    Golden(
      testDescription: "another policy", logPolicy: GoldenFixture.logOther,
      numbers: [
        "V^q": 1.46556015673812, "b*": 1.2895338859102, "F": 0.62, "|g|²": 0.0712312307085051,
        "none": 1.06613676648729, "soft": 0.0801328578678542, "value": 0.0543510816560608,
        "optimal": 0.035140227882678, "mean": 0.164173973268971, "sample": 0.870285084380082,
        "RLOO": 0.123004112611478,
      ],
      preferences: ["loss": 0.54671461168493, "trCov": 0.173688945301584],
      descent: [-0.0246204930484313, 0.000520705579980517, 0.0240997874684508]),
    Golden(
      testDescription: "the optimum", logPolicy: logOptimum,
      numbers: [
        "none": 1.10987175669045, "soft": 0, "value": 0, "optimal": 0, "RLOO": 0, "|g|²": 0,
        "mean": 0.240438265493083, "sample": 0.760561940836971, "F": 0.456693958838536,
      ],
      preferences: ["loss": 0.536028418930148, "|G|²": 0, "trCov": 0.169465416605404],
      descent: [0, 0, 0]),
  ]

  private let objective = ExactObjective(
    logReference: GoldenFixture.logReference, rewards: GoldenFixture.rewards, beta: 1)

  @Test(arguments: cases)
  func policyGradientIsThatOfTheGoldenFixture(_ golden: Golden) {
    let exact = ExactPolicyGradient(
      policy: ScoredPolicy(tabular: golden.logPolicy), objective: objective)
    let found = [
      "V^q": exact.policyValue, "b*": exact.optimalBaseline, "F": exact.fisherTrace,
      "|g|²": exact.squaredNorm, "none": exact.covarianceTrace(baseline: 0),
      "soft": exact.covarianceTrace(baseline: exact.softValue),
      "value": exact.covarianceTrace(baseline: exact.policyValue),
      "optimal": exact.covarianceTrace(baseline: exact.optimalBaseline),
      "mean": exact.covarianceTrace(baseline: exact.referenceMean),
      "sample": exact.referenceSampleCovarianceTrace(),
      "RLOO": exact.leaveOneOutCovarianceTrace(samples: 2),
    ]
    #expect(golden.numbers.count > 5)
    for (name, expected) in golden.numbers {
      #expect(isGolden(found[name], expected), "\(name): \(found[name] ?? .nan)")
    }
  }

  @Test(arguments: cases)
  func preferenceGradientIsThatOfTheGoldenFixture(_ golden: Golden) {
    let exact = ExactPreferenceGradient(
      policy: ScoredPolicy(tabular: golden.logPolicy), objective: objective)
    let found = [
      "loss": exact.loss, "|G|²": exact.squaredNorm, "trCov": exact.covarianceTrace,
    ]
    #expect(golden.preferences.count > 1)
    for (name, expected) in golden.preferences {
      #expect(isGolden(found[name], expected), "\(name): \(found[name] ?? .nan)")
    }
    #expect(golden.descent.isEmpty || golden.descent.count == exact.descent.count)
    for (value, expected) in zip(exact.descent, golden.descent) {
      #expect(isGolden(value, expected), "\(value)")
    }
  }

  /// Within the fixture's 15 digits; 10⁻¹⁵ where it has a zero.
  private func isGolden(_ value: Double?, _ expected: Double) -> Bool {
    guard let value else { return false }
    return expected == 0 ? abs(value) < 1e-15 : abs(value - expected) < 1e-12 * abs(expected)
  }
}
