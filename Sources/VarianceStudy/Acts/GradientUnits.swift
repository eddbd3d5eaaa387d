import Evaluation
import ExactTheory
import LanguageModel
import Reports
import RewardModeling
import Tokenization
import Workbench

extension SeedWork {
  /// The noise scale of every gradient that a seed's models are trained by, exactly.
  ///
  /// At the reference, where all start: the policy gradient, DPO, and the reward model with its zero
  /// head. A unit is what a batch averages: a rollout, or a labelled pair.
  func gradientUnits() throws -> [SeedUnit] {
    let inputs = try ArmInputs(self)
    guard let goal = inputs.evaluator?.goal else { return [] }
    let (reference, costs) = (inputs.reference, UnitCosts(goal, model: inputs.reference))
    let report = GradientReport(of: reference, towards: goal)
    let policy = GradientEstimator.compared.map { estimator in
      SeedUnit(
        name: "rollout, \(estimator.label)", place: "reference",
        noiseScale: noiseToSignal(
          covarianceTrace: report.covarianceTraces[estimator] ?? .nan,
          squaredNorm: report.squaredNorm), labels: 0, flops: costs.rollout)
    }
    let pair = SeedUnit(
      name: "labelled pair, DPO", place: "reference",
      noiseScale: noiseToSignal(
        covarianceTrace: report.preferenceCovarianceTrace,
        squaredNorm: report.preferenceSquaredNorm), labels: 1, flops: costs.preferencePair)
    var units = policy + [pair]
    let start = ScalarModel(backbone: reference)
    units.append(rewardUnit(start, goal, place: "reference", flops: costs.rewardPair))
    if let trained = inputs.learned {
      units.append(rewardUnit(trained.model, goal, place: "its end", flops: costs.rewardPair))
    }
    return units
  }

  private func rewardUnit(
    _ model: ScalarModel<Float>, _ goal: EnumeratedObjectives, place: String, flops: Double
  ) -> SeedUnit {
    var (trace, squaredNorm) = (0.0, 0.0)
    for (x, prompt) in goal.prompts.enumerated() {
      let gradient = ExactPreferenceGradient(
        reward: ScoredReward(of: model, prompt: prompt, completions: goal.completions),
        objective: goal.objectives[x])
      trace += goal.frequencies[x] * gradient.covarianceTrace
      squaredNorm += goal.frequencies[x] * gradient.squaredNorm
    }
    return SeedUnit(
      name: "labelled pair, reward model", place: place,
      noiseScale: noiseToSignal(covarianceTrace: trace, squaredNorm: squaredNorm), labels: 1,
      flops: flops)
  }
}

/// A gradient's unit at one seed.
struct SeedUnit {
  let name: String
  let place: String
  let noiseScale: Double
  let labels: Int
  let flops: Double
}

/// Expected FLOPs of a unit, completions drawn from the reference; the currency of `Cost`.
private struct UnitCosts {
  /// Sampled, scored by policy and reference, learned from once; the reward is given.
  let rollout: Double
  /// Two completions scored by the reference and learned from.
  let preferencePair: Double
  /// Two completions learned from.
  let rewardPair: Double

  init(_ goal: EnumeratedObjectives, model: Transformer<Float>) {
    var (forward, training) = (0.0, 0.0)
    for (x, objective) in goal.objectives.enumerated() {
      for (y, completion) in goal.completions.completions.enumerated() {
        let lengths = [goal.prompts[x].count + completion.count]
        let share = goal.frequencies[x] * objective.referenceProbability(y)
        forward +=
          share * Cost.forward(through: model.configuration, sequenceLengths: lengths).flops
        training += share * Cost.training(model.configuration, sequenceLengths: lengths).flops
      }
    }
    rollout = 3 * forward + training
    preferencePair = 2 * (forward + training)
    rewardPair = 2 * training
  }
}

extension GradientUnit {
  /// The units of all seeds, averaged by name and place.
  static func averaged(_ seeds: [[SeedUnit]]) -> [GradientUnit] {
    (seeds.first ?? []).map { unit in
      let own = seeds.flatMap { $0 }.filter { $0.name == unit.name && $0.place == unit.place }
      return GradientUnit(
        name: unit.name, place: unit.place,
        noiseScale: Estimate(over: own.map(\.noiseScale)), labels: unit.labels,
        flops: rounded(own.map(\.flops).reduce(0, +) / Double(own.count)))
    }
  }
}
