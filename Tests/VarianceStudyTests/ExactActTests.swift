import ExactTheory
import Foundation
import Testing
import VarianceStudy

/// The first act: what it says must hold, or the build fails.
@Suite struct ExactActTests {
  private let act = ExactAct(instances: 3, samples: 20_000)

  @Test(arguments: ["none", "reference-sample", "dataset-mean"])
  func noiseWithoutTheNormaliserDivergesQuadratically(name: String) throws {
    let curve = try #require(act.path.first { $0.name == name })
    #expect(curve.slopes.count == 3)
    #expect(curve.slopes.allSatisfy { -2.05 ... -1.95 ~= $0 }, "\(curve.slopes)")
  }

  @Test(arguments: ["soft-value", "policy-value", "optimal", "leave-one-out-4"])
  func noiseOfTheBaselinedStaysFinite(name: String) throws {
    let curve = try #require(act.path.first { $0.name == name })
    #expect(curve.slopes.count == 3)
    #expect(curve.slopes.allSatisfy { abs($0) <= 0.1 }, "\(curve.slopes)")
  }

  @Test func sampledGradientsScatterAsTheExactTraceSays() {
    #expect(act.monteCarlo.count == GradientEstimator.compared.count)
    for check in act.monteCarlo { #expect(abs(check.deviation) <= 4, "\(check.name)") }
  }

  /// The numbers of the worked example, from its sums by hand: trCov at q = (.2, .3, .5).
  @Test func parabolaIsThatOfTheWorkedExample() throws {
    let known = [
      ("none", 1.066136766487290), ("soft-value", 0.0801328578678542),
      ("policy-value", 0.0543510816560608), ("optimal", 0.035140227882678),
      ("dataset-mean", 0.164173973268971), ("reference-sample", 0.870285084380082),
    ]
    for (name, trace) in known {
      let mark = try #require(act.parabola.marks.first { $0.name == name })
      #expect(abs(mark.covarianceTrace - trace) < 1e-12, "\(name)")
    }
  }

  @Test func pointsOfOneNumberLieOnTheParabolaAndRandomOnesAbove() {
    let curve = act.parabola
    #expect(curve.marks.contains { $0.name == "none" })
    #expect(curve.marks.contains { $0.name == "reference-sample" })
    for mark in curve.marks {
      let distance = mark.baseline - curve.optimalBaseline
      let onCurve = curve.leastCovarianceTrace + distance * distance * curve.fisherTrace
      let isRandom = ["reference-sample", "log-mean-exp-4", "leave-one-out-4"].contains(mark.name)
      #expect(
        isRandom
          ? mark.covarianceTrace > onCurve + 1e-3 : abs(mark.covarianceTrace - onCurve) < 1e-12,
        "\(mark.name)")
    }
  }

  @Test func onlyNoBaselineSeesAnOffset() throws {
    #expect(act.offsets.contains { $0.name == "none" } && act.offsets.count > 1)
    for curve in act.offsets {
      let (low, high) = (curve.noiseToSignal.min(), curve.noiseToSignal.max())
      let spread = try #require(high) / #require(low)
      #expect(curve.name == "none" ? spread > 5 : spread < 1 + 1e-9, "\(curve.name) \(spread)")
    }
  }
}
