import Datasets
import ExactTheory
import LanguageModel
import RealModule

extension Identity {
  /// A claim about a transformer in Float.
  private init(
    _ id: String, _ name: String, _ equation: String, source: String,
    eachModel check:
      @escaping @Sendable (RandomTransformer, inout CounterGenerator, inout Deviation) throws
      -> Void
  ) {
    self.init(
      id: id, name: name, equation: equation, source: source, tolerance: Identity.floatTolerance
    ) { generator in
      var deviation = Deviation()
      for _ in 0..<3 { try check(RandomTransformer(using: &generator), &generator, &deviation) }
      return deviation.largest
    }
  }

  /// The same inside a transformer in Float, on the enumerable language.
  static let transformers: [Identity] = [
    Identity(
      "transformer.total", "the probabilities of all completions sum to one",
      "Σ π(y|x) = 1; tree, single passes and model agree", source: "definition",
      eachModel: checkTotal),
    Identity(
      "transformer.value", "every policy's value is the optimum's less its divergence from it",
      "J(π) = β·log Z − β·KL(π‖π*)", source: "Rafailov (2023), equations 11 to 15",
      eachModel: checkModelValue),
    Identity(
      "transformer.soft-value-advantage", "a return less the soft value is a log-ratio (V2)",
      "R − V* = β·log(π*/π)", source: "derived", eachModel: checkModelAdvantage),
    Identity(
      "transformer.step-0", "DPO starts at log 2", "L(π₀) = log 2",
      source: "Rafailov (2023), equation 7", eachModel: checkModelStepZero),
    Identity(
      "transformer.dpo-loss", "the trainer's loss is that of the enumerated log-probabilities",
      "ℓ = −log σ(β·log π(y⁺)/π₀(y⁺) − β·log π(y⁻)/π₀(y⁻))",
      source: "Rafailov (2023), equation 7", eachModel: checkModelLoss),
    Identity(
      "transformer.policy-gradient", "the enumerated gradient is that of J",
      "g = Σ π·R·∇log π = ∇J, by one backward pass and by differences in Double",
      source: "Williams (1992)", eachModel: checkModelGradient),
  ]
}

private func checkTotal(
  _ world: RandomTransformer, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let exact = ExactPolicy(of: world.policy, prompts: [world.prompt], completions: world.tree)
  deviation.compare(exact.totals[0], to: 1)
  let table = exact.logProbabilities[0].map { Double.exp($0) }
  deviation.compare(table.reduce(0, +), to: 1)
  let alone = world.policy.completionLogProbabilities(of: world.sequences)
  deviation.compare(table, to: alone.map { .exp(Double($0)) })
  deviation.compare(world.scored.logProbabilities.map { .exp($0) }, to: table)
}

private func checkModelValue(
  _ world: RandomTransformer, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (objective, logPolicy) = (world.objective, world.logProbabilities(of: world.policy))
  deviation.compare(
    objective.value(of: logPolicy),
    to: objective.softValue - world.beta * objective.suboptimality(of: logPolicy), scale: 1)
}

private func checkModelAdvantage(
  _ world: RandomTransformer, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (objective, logPolicy) = (world.objective, world.logProbabilities(of: world.policy))
  let exact = ExactPolicyGradient(policy: world.scored, objective: objective)
  deviation.compare(
    exact.returns.map { $0 - exact.softValue },
    to: zip(objective.optimalLogProbabilities, logPolicy).map { world.beta * ($0 - $1) })
}

private func checkModelStepZero(
  _ world: RandomTransformer, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let pairs = CompletionPair.all(of: world.tree.completions.count)
  let losses = world.dpoLosses(generator.choose(24, of: pairs), reference: world.policy)
  for loss in losses { deviation.compare(loss, to: .log(2)) }
  let logPolicy = world.scored.logProbabilities
  let start = ExactObjective(logReference: logPolicy, rewards: world.rewards, beta: world.beta)
  deviation.compare(
    ExactPreferenceGradient(policy: world.scored, objective: start).loss, to: .log(2))
}

private func checkModelLoss(
  _ world: RandomTransformer, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let pairs = generator.choose(24, of: CompletionPair.all(of: world.tree.completions.count))
  let (own, other) = (
    world.logProbabilities(of: world.policy), world.logProbabilities(of: world.reference)
  )
  let implicit = zip(own, other).map { world.beta * ($0 - $1) }
  deviation.compare(
    world.dpoLosses(pairs, reference: world.reference),
    to: pairs.map { plainRankingLoss(implicit[$0.chosen] - implicit[$0.rejected]) })
}

private func checkModelGradient(
  _ world: RandomTransformer, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) throws {
  let objective = world.objective
  let exact = ExactPolicyGradient(policy: world.scored, objective: objective)
  let q = world.scored.logProbabilities.map { Double.exp($0) }
  let returns = q.indices.map {
    world.rewards[$0] - world.beta * (.log(q[$0]) - objective.logReference[$0])
  }
  deviation.compare(
    exact.gradient, to: world.gradient(weightedBy: q.indices.map { q[$0] * returns[$0] }))
  for _ in 0..<2 {
    let direction = exact.gradient.map { _ in generator.normal() / 20 }
    let slope = try differenceOfValue(world, objective, along: direction)
    let product = zip(exact.gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
    deviation.compare(product, to: slope, scale: exact.squaredNorm.squareRoot() / 20)
  }
}

/// The derivative of J along a direction, from forward passes in Double.
private func differenceOfValue(
  _ world: RandomTransformer, _ objective: ExactObjective, along direction: [Double]
) throws -> Double {
  var failure: (any Error)?
  let slope = numericalDerivative(stepSize: 1e-2) { step in
    do {
      let model = try world.moved(along: direction, by: step)
      return objective.value(of: world.logProbabilities(of: model))
    } catch {
      failure = error
      return .nan
    }
  }
  if let failure { throw failure }
  return slope
}
