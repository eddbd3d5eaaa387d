import Datasets
import Evaluation
import ExactTheory
import Reports
import Training
import Workbench

/// What `tandem variance` found, small enough to commit; the curves are in curves.csv.
package struct VarianceSummary: Codable, Sendable {
  /// The version of this layout.
  package var schema = "tandem.variance/2"
  /// The parabola of the worked example.
  package var parabola: ExactAct.Parabola
  /// The fitted exponents of u for each estimator, one an instance.
  package var slopes: [String: [Double]]
  /// Exact traces beside estimates from samples.
  package var monteCarlo: [MonteCarloCheck]
  /// Each arm inside the transformer at its first and last evaluation.
  package var model: [ModelAct.Arm]
  /// The noise scale of each gradient with what a unit of it costs.
  package var units: [GradientUnit]
  /// What the baselines did to training.
  package var training: TrainingAct
  /// Where the trainings ended on the way to the optimum.
  package var ends: TrainingEnds

  /// The three acts, without their curves.
  package init(exact: ExactAct, model: ModelAct, training: TrainingAct, ends: TrainingEnds) {
    parabola = exact.parabola
    slopes = Dictionary(
      uniqueKeysWithValues: exact.path.map { ($0.name, $0.slopes.map(rounded)) })
    monteCarlo = exact.monteCarlo
    self.model = model.arms.map { arm in
      let ends = [arm.points.first, arm.points.last].compactMap { $0?.withoutRatios }
      return ModelAct.Arm(name: arm.name, points: ends)
    }
    units = model.units
    self.training = training
    self.ends = ends
  }
}

extension ModelAct.Point {
  /// The point without the ratios, which are traces over one squared norm or over one another.
  fileprivate var withoutRatios: ModelAct.Point {
    var point = self
    (point.noiseToSignal, point.softValueOver) = ([:], [:])
    return point
  }
}

/// Every curve of the three acts: `act,arm,quantity,x,mean,low,high,n`.
struct VarianceCurves {
  private var lines = ["act,arm,quantity,x,mean,low,high,n"]

  init(exact: ExactAct, model: ModelAct, training: TrainingAct, cells: [CellRecord]) {
    add(exact.path, arm: "path")
    add(exact.offsets, arm: "offset")
    for arm in model.arms { add(arm) }
    for arm in training.arms {
      let own = cells.filter { $0.arm == arm.name }
      for place in 0..<(own.map(\.evaluations.count).min() ?? 0) {
        let rows = own.map { $0.evaluations[place] }
        for key: MetricKey in [.suboptimality, .objective, .exactGold, .exactKL] {
          let estimate = Estimate(over: rows.map { $0.values[key] ?? .nan })
          add("training", arm.name, key.rawValue, Double(rows.first?.step ?? 0), estimate)
        }
      }
    }
  }

  /// The table.
  var csv: String { lines.joined(separator: "\n") + "\n" }

  private mutating func add(_ curves: [ExactAct.Curve], arm: String) {
    for curve in curves {
      for (x, value) in zip(curve.x, curve.noiseToSignal) {
        add(
          "exact", arm, "noise_to_signal/\(curve.name)", x,
          Estimate(mean: value, low: value, high: value, n: 1))
      }
    }
  }

  private mutating func add(_ arm: ModelAct.Arm) {
    for point in arm.points {
      var rows = [
        "suboptimality": point.suboptimality, "cosine": point.cosine,
        "trcov/dpo_over_beta_squared": point.preferenceCovarianceTrace,
        "noise_to_signal/dpo": point.preferenceNoiseToSignal,
      ]
      rows["value_error"] = point.valueError
      for (name, trace) in point.covarianceTraces { rows["trcov/\(name)"] = trace }
      for (name, ratio) in point.noiseToSignal { rows["noise_to_signal/\(name)"] = ratio }
      for (quantity, estimate) in rows.sorted(by: { $0.key < $1.key }) {
        add("model", arm.name, quantity, Double(point.step), estimate)
      }
    }
  }

  private mutating func add(
    _ act: String, _ arm: String, _ quantity: String, _ x: Double, _ estimate: Estimate
  ) {
    let numbers = [x, estimate.mean, estimate.low, estimate.high].map(short)
    lines.append(([act, arm, quantity] + numbers + ["\(estimate.n)"]).joined(separator: ","))
  }
}

/// A made-up prompt whose completions are listed, for exact numbers without any training.
struct VarianceInstance: Sendable {
  let objective: ExactObjective
  /// One feature vector a completion; scores are features less their mean.
  let features: [[Double]]

  /// 64 completions with 8 features; reference logits, features and rewards are standard normal.
  init(seed: Int) {
    var generator = Seed(UInt64(seed)).generator(for: "variance.instance")
    func normals(_ count: Int) -> [Double] { (0..<count).map { _ in generator.normal() } }
    let (logits, rewards) = (normals(Self.completions), normals(Self.completions))
    features = (0..<Self.completions).map { _ in normals(Self.featureCount) }
    objective = ExactObjective(
      logReference: normalized(logits), rewards: rewards, beta: 1)
  }

  private init(objective: ExactObjective, features: [[Double]]) {
    (self.objective, self.features) = (objective, features)
  }

  static let completions = 64
  static let featureCount = 8

  /// The same with every reward raised by a constant, which moves neither π* nor the gradient.
  func raised(by offset: Double) -> VarianceInstance {
    VarianceInstance(
      objective: ExactObjective(
        logReference: objective.logReference, rewards: objective.rewards.map { $0 + offset },
        beta: objective.beta),
      features: features)
  }

  /// The same with rewards whose mean under the reference is zero.
  var centred: VarianceInstance { raised(by: -objective.reward(of: objective.logReference)) }

  /// The standard deviation of the reward under the reference.
  var rewardDeviation: Double { gradient(at: 0).referenceVariance.squareRoot() }

  /// The log-linear policy that has the distribution q_t of the annealing path.
  func policy(at t: Double) -> ScoredPolicy {
    ScoredPolicy(
      base: AnnealingPath(objective: objective).logProbabilities(at: t), features: features,
      weights: [Double](repeating: 0, count: Self.featureCount))
  }

  /// The exact gradient at q_t.
  func gradient(at t: Double) -> ExactPolicyGradient {
    ExactPolicyGradient(policy: policy(at: t), objective: objective)
  }
}
