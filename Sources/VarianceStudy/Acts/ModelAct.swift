import Evaluation
import ExactTheory
import Foundation
import LanguageModel
import PPO
package import Reports
import Training
import Workbench

/// The second act: the exact noise of gradients inside a transformer, along real training runs.
package struct ModelAct: Codable, Sendable {
  /// An arm at one of its evaluations, over seeds.
  package struct Point: Codable, Sendable {
    /// Updates before the evaluation.
    package var step: Int
    /// E_x KL(π‖π*), in nats.
    package var suboptimality: Estimate
    /// The policy gradient's noise-to-signal ratio per sampled completion, by estimator.
    package var noiseToSignal: [String: Estimate]
    /// The covariance traces themselves, by estimator.
    package var covarianceTraces: [String: Estimate]
    /// The soft value's covariance trace over every other's, within each seed.
    ///
    /// At the optimum it says nothing about those that vanish there too.
    package var softValueOver: [String: Estimate]
    /// DPO's noise-to-signal ratio per labelled pair.
    package var preferenceNoiseToSignal: Estimate
    /// DPO's covariance trace per labelled pair, divided by β².
    package var preferenceCovarianceTrace: Estimate
    /// The cosine of DPO's descent with the policy gradient.
    package var cosine: Estimate
    /// e²·F over b*²·F of the learned value, where there is one: above one it is worse than none.
    package var valueError: Estimate?
  }

  /// An arm's way.
  package struct Arm: Codable, Sendable {
    /// The arm's name.
    package var name: String
    /// Its evaluations.
    package var points: [Point]
  }

  /// The arms in the order of the specification.
  package var arms: [Arm]
  /// The noise scale of each gradient at the reference, with what a unit of it costs.
  package var units: [GradientUnit]

  init(
    _ specification: ExperimentSpecification, cells: [CellRecord], units: [GradientUnit]
  ) {
    self.units = units
    arms = specification.arms.map { arm in
      let own = cells.filter { $0.arm == arm.name }
      let places = own.map(\.evaluations.count).min() ?? 0
      return Arm(
        name: arm.name,
        points: (0..<places).map { place in
          Point(own.map { $0.evaluations[place] }, beta: specification.beta)
        })
    }
  }
}

extension ModelAct.Point {
  init(_ rows: [EvaluationRow], beta: Double) {
    func estimate(_ value: (GradientValues) -> Double) -> Estimate {
      Estimate(over: rows.map { value(GradientValues($0.values)) })
    }
    let names = Set(rows.flatMap { GradientValues($0.values).estimators })
    var (ratios, traces, excess): ([String: Estimate], [String: Estimate], [String: Estimate])
    (ratios, traces, excess) = ([:], [:], [:])
    let softValue = BaselineKind.softValue.rawValue
    for name in names {
      traces[name] = estimate { $0.trace(name) }
      ratios[name] = estimate { $0.trace(name) / $0.squaredNorm }
      guard name != softValue else { continue }
      excess[name] = estimate { $0.trace(softValue) / $0.trace(name) }
    }
    let hasValue = rows.allSatisfy { GradientValues($0.values).valueError.isFinite }
    self.init(
      step: rows.first?.step ?? 0,
      suboptimality: Estimate(over: rows.map { $0.values[.suboptimality] ?? .nan }),
      noiseToSignal: ratios, covarianceTraces: traces, softValueOver: excess,
      preferenceNoiseToSignal: estimate { $0.preferenceTrace / $0.preferenceSquaredNorm },
      preferenceCovarianceTrace: estimate { $0.preferenceTrace / (beta * beta) },
      cosine: estimate(\.cosine), valueError: hasValue ? estimate(\.valueError) : nil)
  }
}

/// What an evaluation logged about gradients, ``GradientReport`` read back.
private struct GradientValues {
  private let values: [String: Double]
  private static let tracePrefix = "gradient/trcov/"

  init(_ values: [String: Double]) { self.values = values }

  private subscript(_ name: String) -> Double { values["gradient/\(name)"] ?? .nan }

  var estimators: [String] {
    values.keys.filter { $0.hasPrefix(Self.tracePrefix) }
      .map { String($0.dropFirst(Self.tracePrefix.count)) }
  }
  func trace(_ estimator: String) -> Double { self["trcov/\(estimator)"] }
  var squaredNorm: Double { self["squared_norm"] }
  var preferenceTrace: Double { self["dpo/trcov"] }
  var preferenceSquaredNorm: Double { self["dpo/squared_norm"] }
  var cosine: Double { self["dpo/cosine"] }
  var valueError: Double { self["value_error_power"] / self["baseline_power"] }
}

/// A gradient of which a batch averages independent ones, at one policy.
package struct GradientUnit: Codable, Sendable {
  /// What is averaged, such as a labelled pair.
  package var name: String
  /// At which model.
  package var place: String
  /// trCov/|g|²: the units whose mean has as much noise as signal.
  package var noiseScale: Estimate
  /// Labels that a unit costs.
  package var labels: Int
  /// FLOPs that a unit costs.
  package var flops: Double
}
