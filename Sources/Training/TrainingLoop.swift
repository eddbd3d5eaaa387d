public import Autograd
public import Datasets
public import LanguageModel
public import Optimizers
public import TensorKernels

/// How a training run ended; a divergence is a finding that is kept and counted.
public enum TrainingOutcome: Codable, Sendable, Equatable {
  /// All steps were taken.
  case completed
  /// The loss or the gradient norm of this step was not finite; parameters are those before it.
  case diverged(step: Int)
}

/// A model that gradients change.
public protocol TrainableModel: Sendable {
  /// What the optimizer updates.
  var parameters: ParameterSet<Float> { get set }
}

extension Transformer<Float>: TrainableModel {}
extension ScalarModel<Float>: TrainableModel {}

/// What one update showed; what the update adds is zero until the loop sets it.
public protocol UpdateMetrics: Sendable {
  /// The loss of the batch before the update.
  var loss: Double { get }
  /// Euclidean length of the gradient before clipping.
  var gradientNorm: Double { get set }
  /// The learning rate of the update; 0 in the row of step 0.
  var learningRate: Double { get set }
  /// What all updates so far have cost.
  var cost: Cost { get set }
}

/// What turns batches of examples into gradients of a model.
public protocol Learner<Model, Metrics> {
  /// What learns.
  associatedtype Model: TrainableModel
  /// What an update shows.
  associatedtype Metrics: UpdateMetrics
  /// How many examples there are.
  var count: Int { get }
  /// What the gradients so far have cost.
  var cost: Cost { get }

  /// The gradient of the loss over a batch of examples, and what its forward passes showed.
  mutating func gradient(
    of model: Model, batch: [Int]
  ) -> (gradient: Gradient<Float>, metrics: Metrics)

  /// What an update makes necessary or shows; `step` counts it.
  mutating func follow(_ model: Model, step: Int, metrics: inout Metrics)
}

extension Learner {
  /// Nothing.
  public mutating func follow(_ model: Model, step: Int, metrics: inout Metrics) {}
}

/// The updates of a training: all that it carries from one to the next beside model and learner.
///
/// Supervised fine-tuning, the reward model and DPO all train by this loop. It can run over several
/// learners one after another, as the rounds of online DPO do; steps count on.
public struct TrainingLoop: Sendable {
  /// Updates made so far.
  public private(set) var step = 0
  private var optimizer: AnyOptimizer<Float>
  private let schedule: LearningRateSchedule
  private let maximumGradientNorm: Double
  private let workers: ShardWorkers<Float>

  /// A loop before its first of so many updates.
  public init(_ settings: some UpdateSettings, updates: Int, workers: ShardWorkers<Float>) {
    optimizer = AnyOptimizer(
      settings.optimizer, weightDecay: settings.weightDecay, workers: workers.count)
    schedule = settings.schedule(steps: updates)
    maximumGradientNorm = settings.maximumGradientNorm
    self.workers = workers
  }

  /// Makes an update from each of the first `updates` batches of an order.
  ///
  /// - Parameters:
  ///   - model: The model; after a divergence, as it was before the update that failed.
  ///   - learner: What makes gradients.
  ///   - order: Which examples each batch holds.
  ///   - updates: How many batches.
  ///   - before: What was spent before the learner began.
  ///   - observe: Called with step 0 before the very first update and after each one, with the model
  ///     as it is then and the metrics of the batch before the update.
  /// - Returns: Whether every update was made.
  public mutating func run<L: Learner>(
    _ model: inout L.Model, learner: inout L, order: BatchOrder, updates: Int,
    before: Cost = Cost(), observe: (Int, borrowing L.Model, L.Metrics) throws -> Void
  ) rethrows -> TrainingOutcome {
    for index in 0..<updates {
      var (gradient, metrics) = learner.gradient(of: model, batch: order.batch(atStep: index))
      metrics.gradientNorm = gradient.clip(toNorm: maximumGradientNorm, workers: workers.count)
      guard metrics.loss.isFinite, metrics.gradientNorm.isFinite else {
        return .diverged(step: step + 1)
      }
      if step == 0 { try observe(0, model, metrics) }
      metrics.learningRate = schedule.rate(at: step)
      optimizer.update(&model.parameters, along: gradient, learningRate: metrics.learningRate)
      workers.recycleBuffers(of: gradient)
      step += 1
      learner.follow(model, step: step, metrics: &metrics)
      metrics.cost = before + learner.cost
      try observe(step, model, metrics)
    }
    return .completed
  }
}
