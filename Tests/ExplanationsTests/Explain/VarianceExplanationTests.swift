import Explanations
import Foundation
import Testing
import Workbench

/// The golden fixture p = (1/2, 1/3, 1/6), r = (0, 1, 3), β = 1, derived apart from this code in NumPy.
@Suite struct VarianceExplanationTests {
  private func document(policy: String?, offset: Double = 0) throws -> [String: NSObject] {
    let policy = policy.map { ", \"policy\": \($0)" } ?? ""
    let rewards = [0.0, 1, 3].map { "\($0 + offset)" }.joined(separator: ",")
    let bandit = try Bandit(
      json: Data(
        """
        {"reference": [0.5, 0.3333333333333333, 0.16666666666666667], "reward": [\(rewards)], \
        "beta": 1\(policy)}
        """.utf8), name: "bandit.json")
    let data = try encodeRecord(VarianceExplanation(of: bandit))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: NSObject])
  }

  /// The value at a path of keys and list positions.
  private func value(_ document: [String: NSObject], _ path: String) -> Double {
    var node: NSObject? = document as NSDictionary
    for step in path.split(separator: ".").map(String.init) {
      if let list = node as? [NSObject], let i = Int(step) {
        node = list[i]
      } else {
        node = (node as? [String: NSObject])?[step]
      }
    }
    return (node as? NSNumber)?.doubleValue ?? .nan
  }

  private func check(_ document: [String: NSObject], _ expected: [String: Double]) {
    for (path, number) in expected {
      let found = value(document, path)
      let tolerance = number == 0 ? 1e-15 : 1e-12 * abs(number)
      #expect(abs(found - number) <= tolerance, "\(path): \(found), not \(number)")
    }
  }

  @Test func referenceIsThatOfTheGoldenFixture() throws {
    let document = try document(policy: nil)
    #expect(document["schema"] as? String == "tandem.explain.variance/1")
    check(
      document,
      [
        "partition": 4.75368343001763, "softValue": 1.55891977648468,
        "logPartition": 1.55891977648468, "optimum.0": 0.105181593886269,
        "optimum.1": 0.190608810232936, "optimum.2": 0.704209595880795,
        "value": 0.833333333333333, "divergenceFromOptimum": 0.72558644315135,
        "divergenceFromReference": 0, "optimalBaseline": 1.25757575757576,
        "fisherTrace": 0.611111111111111, "squaredGradientNorm": 0.307098765432099,
        "estimators.none.covarianceTrace": 1.51697530864198,
        "estimators.softValue.covarianceTrace": 0.605998961341385,
        "estimators.policyValue.covarianceTrace": 0.660493827160494,
        "estimators.optimal.covarianceTrace": 0.550505050505051,
        "estimators.referenceSample.covarianceTrace": 1.35648148148148,
        "estimators.leaveOneOut2.covarianceTrace": 0.83179012345679,
        "estimators.batchMean2.covarianceTrace": 0.83179012345679 / 4,
        "estimators.leaveOneOut2.noiseToSignal": 0.83179012345679 / 0.307098765432099,
        "estimators.batchMean2.noiseToSignal": 0.83179012345679 / 0.307098765432099,
        "dpo.loss": 0.693147180559945, "dpo.squaredDescentNorm": 0.0383079184932707,
        "dpo.covarianceTrace": 0.267247637062285,
        "bestOfN.0.n": 2, "bestOfN.0.distribution.0": 0.25,
        "bestOfN.0.distribution.1": 0.444444444444444,
        "bestOfN.0.distribution.2": 0.305555555555556, "bestOfN.0.reward": 1.36111111111111,
        "bestOfN.0.divergence": 0.139780065929512,
        "bestOfN.0.divergenceBound": 0.193147180559945,
        "bestOfN.1.n": 4, "bestOfN.1.distribution.0": 0.0625,
        "bestOfN.1.distribution.1": 0.419753086419753,
        "bestOfN.1.distribution.2": 0.517746913580247, "bestOfN.1.reward": 1.97299382716049,
        "bestOfN.1.divergence": 0.553659247500535,
        "bestOfN.1.divergenceBound": 0.636294361119891,
      ])
  }

  @Test func anotherPolicyIsThatOfTheGoldenFixture() throws {
    check(
      try document(policy: "[0.2, 0.3, 0.5]"),
      [
        "value": 1.46556015673812, "divergenceFromOptimum": 0.0933596197465595,
        "divergenceFromReference": 0.334439843261876, "optimalBaseline": 1.2895338859102,
        "fisherTrace": 0.62, "squaredGradientNorm": 0.0712312307085051, "policyReward": 1.8,
        "estimators.none.covarianceTrace": 1.06613676648729,
        "estimators.softValue.covarianceTrace": 0.0801328578678542,
        "estimators.policyValue.covarianceTrace": 0.0543510816560608,
        "estimators.optimal.covarianceTrace": 0.035140227882678,
        "estimators.referenceMean.covarianceTrace": 0.164173973268971,
        "estimators.referenceSample.covarianceTrace": 0.870285084380082,
        "estimators.leaveOneOut2.covarianceTrace": 0.123004112611478,
        "dpo.loss": 0.54671461168493, "dpo.descent.0": -0.0246204930484313,
        "dpo.descent.1": 0.000520705579980517, "dpo.descent.2": 0.0240997874684508,
        "dpo.covarianceTrace": 0.173688945301584,
      ])
  }

  // π* is written out with all its digits; DPO's noise at its optimum is that of a reward model
  // whose margins are the same, by the same labels.
  @Test func optimumIsThatOfTheGoldenFixture() throws {
    let weights = zip([0.5, 1.0 / 3, 1.0 / 6], [0.0, 1, 3]).map { $0 * exp($1) }
    let optimum = weights.map { $0 / weights.reduce(0, +) }
    let document = try document(policy: "\(optimum)")
    check(
      document,
      [
        "estimators.none.covarianceTrace": 1.10987175669045, "divergenceFromOptimum": 0,
        "estimators.softValue.covarianceTrace": 0, "estimators.policyValue.covarianceTrace": 0,
        "estimators.optimal.covarianceTrace": 0, "estimators.leaveOneOut2.covarianceTrace": 0,
        "estimators.referenceMean.covarianceTrace": 0.240438265493083,
        "estimators.referenceSample.covarianceTrace": 0.760561940836971,
        "fisherTrace": 0.456693958838536, "squaredGradientNorm": 0, "gradient.0": 0,
        "dpo.loss": 0.536028418930148, "dpo.descent.0": 0, "dpo.descent.1": 0,
        "dpo.covarianceTrace": 0.169465416605404, "rewardModel.loss": 0.536028418930148,
        "rewardModel.covarianceTrace": 0.169465416605404,
      ])
    let estimators = try #require(document["estimators"] as? [String: [String: NSObject]])
    let means = ["none", "softValue", "policyValue", "optimal", "referenceMean", "referenceSample"]
    let sampled = [
      "logMeanExp4", "logMeanExp16", "batchMean2", "batchMean4", "batchMean8", "leaveOneOut2",
      "leaveOneOut4", "leaveOneOut8",
    ]
    #expect(Set(estimators.keys) == Set(means + sampled))
    #expect(estimators.values.allSatisfy { $0["noiseToSignal"] == NSNull() })
  }

  @Test func aPartitionBeyondDoublesIsNull() throws {
    let document = try document(policy: nil, offset: 1000)
    #expect(document["partition"] == NSNull())
    #expect(abs(value(document, "logPartition") - 1001.55891977648468) < 1e-12)
    #expect(
      abs(value(document, "estimators.softValue.covarianceTrace") - 0.605998961341385) < 1e-13)
  }

  @Test func everyQuantityHasItsEquation() throws {
    let bandit = try Bandit(
      json: Data(#"{"reference":[0.5,0.5],"reward":[0,1],"beta":0.5}"#.utf8), name: "bandit.json")
    let rows = VarianceExplanation(of: bandit).sections.flatMap(\.rows)
    #expect(rows.allSatisfy { !$0.name.isEmpty && !$0.value.isEmpty && !$0.equation.isEmpty })
    let names = Set(rows.map(\.name))
    #expect(
      names.isSuperset(of: ["Z", "V*", "π*", "J = V^q", "b*", "F", "|g|²", "DPO loss", "best of 4"])
    )
    // Two completions of equal mass: log Z = log((1 + e²)/2).
    let logZ = rows.first { $0.name == "log Z" }?.value
    #expect(logZ == String(format: "%.15g", log((1 + exp(2.0)) / 2)))
  }
}
