import Autograd
import Datasets
import LanguageModel
import Optimizers
import TensorKernels
import Testing
import Training

/// The weights of a straight line, the least that can be trained.
private struct Line: TrainableModel {
  var parameters = ParameterSet<Float>()

  init(_ slope: Float) {
    parameters.append("slope", shape: Shape(rows: 1, columns: 1), values: [slope])
  }

  var slope: Float { parameters["slope"][0] }
}

private struct LineMetrics: UpdateMetrics {
  var loss: Double
  var gradientNorm = 0.0
  var learningRate = 0.0
  var cost = Cost()
  var followed = 0
}

/// Pulls the slope towards a target; gradients of some step may be broken.
private struct LineLearner: Learner {
  var target: Float
  var brokenCall = Int.max
  let count = 4
  var cost = Cost()
  var batches: [[Int]] = []

  mutating func gradient(
    of model: Line, batch: [Int]
  ) -> (gradient: Gradient<Float>, metrics: LineMetrics) {
    batches.append(batch)
    cost += Cost(labels: batch.count)
    let slope = batches.count == brokenCall ? Float.nan : model.slope - target
    return (Gradient(values: [[slope]]), LineMetrics(loss: Double(slope * slope) / 2))
  }

  mutating func follow(_ model: Line, step: Int, metrics: inout LineMetrics) {
    metrics.followed = step
  }
}

@Suite struct TrainingLoopTests {
  private struct Settings: UpdateSettings {
    var learningRate = 0.5
    var batchSize = 2
    var warmupSteps = 0.0
    var decay = LearningRateDecay.constant
    var optimizer = OptimizerKind.adamW
    var weightDecay = 0.0
    var maximumGradientNorm = 1.0
    var gradientShards = 2
    static let settings = updateSettings(of: "Points")
  }

  private let order = BatchOrder(count: 4, batchSize: 2, seed: Seed(3), purpose: "tests")

  private func loop(_ settings: Settings = Settings(), updates: Int = 6) -> TrainingLoop {
    TrainingLoop(settings, updates: updates, workers: ShardWorkers(count: 1))
  }

  @Test func everyUpdateIsObservedWithTheModelAfterIt() {
    var (loop, line, learner) = (loop(), Line(3), LineLearner(target: 0))
    var rows: [(step: Int, slope: Float, metrics: LineMetrics)] = []
    let outcome = loop.run(&line, learner: &learner, order: order, updates: 4) {
      rows.append(($0, $1.slope, $2))
    }
    #expect(outcome == .completed && loop.step == 4)
    #expect(rows.map(\.step) == [0, 1, 2, 3, 4])
    #expect(rows[0].slope == 3 && rows[4].slope == line.slope)
    #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.slope > $1.slope })
    // The first row is that of the first batch before the update.
    #expect(rows[0].metrics.loss == 4.5 && rows[1].metrics.loss == 4.5)
    #expect(rows.map(\.metrics.learningRate) == [0, 0.5, 0.5, 0.5, 0.5])
    #expect(rows.map(\.metrics.followed) == [0, 1, 2, 3, 4])
    #expect(rows.map(\.metrics.cost.labels) == [0, 2, 4, 6, 8])
    #expect(rows[1].metrics.gradientNorm == 3)
    #expect(learner.batches == (0..<4).map { order.batch(atStep: $0) })
  }

  @Test func aGradientThatIsNotFiniteEndsTheTrainingBeforeItsUpdate() {
    var (loop, line) = (loop(), Line(3))
    var learner = LineLearner(target: 0, brokenCall: 3)
    var slopes: [Float] = []
    let outcome = loop.run(&line, learner: &learner, order: order, updates: 6) { _, line, _ in
      slopes.append(line.slope)
    }
    #expect(outcome == .diverged(step: 3) && loop.step == 2)
    #expect(slopes.count == 3 && line.slope == slopes[2])
  }

  @Test func stepsAndScheduleCountOnOverSeveralLearners() {
    var settings = Settings()
    settings.decay = .linear
    var (loop, line) = (loop(settings, updates: 4), Line(3))
    var rows: [(step: Int, metrics: LineMetrics)] = []
    for round in 0..<2 {
      var learner = LineLearner(target: 0)
      let before = Cost(labels: 100 * round)
      _ = loop.run(&line, learner: &learner, order: order, updates: 2, before: before) {
        rows.append(($0, $2))
      }
    }
    #expect(rows.map(\.step) == [0, 1, 2, 3, 4])
    #expect(rows.map(\.metrics.learningRate) == [0, 0.5, 0.375, 0.25, 0.125])
    #expect(rows.map(\.metrics.cost.labels) == [0, 2, 4, 102, 104])
  }

  @Test func anErrorOfTheObserverPassesThrough() {
    struct Stop: Error {}
    var (loop, line, learner) = (loop(), Line(3), LineLearner(target: 0))
    #expect(throws: Stop.self) {
      try loop.run(&line, learner: &learner, order: order, updates: 6) { step, _, _ in
        if step == 2 { throw Stop() }
      }
    }
    #expect(loop.step == 2)
  }

  @Test func aShareOfTheUpdatesWarmsUp() {
    var settings = Settings()
    settings.warmupSteps = 0.25
    let schedule = settings.schedule(steps: 8)
    #expect((0..<3).map { schedule.rate(at: $0) } == [0, 0.25, 0.5])
    settings.warmupSteps = 100
    #expect(settings.schedule(steps: 8).rate(at: 4) == 0.25)
  }
}
