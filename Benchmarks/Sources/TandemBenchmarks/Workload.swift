import DPO
import Datasets
import Foundation
import LanguageModel
import Optimizers
import PPO
import RewardModeling
import SupervisedFineTuning
import Tokenization

/// A unit of work that is measured as a whole.
struct Workload {
  let name: String
  let size: ModelSize
  /// Tokens of one step.
  let tokens: Int
  /// Floating-point operations of one step, as `ModelConfiguration` counts them.
  let flops: Double
  private let begin: @Sendable (_ threads: Int) -> [Double]

  /// The workloads of a part at a size.
  static func all(_ part: Part, _ size: ModelSize) -> [Workload] {
    let names: [String] =
      switch part {
      case .kernels: []
      case .steps: ["sft", "dpo", "reward"]
      case .sampling: ["sample"]
      case .ppo: size.name == .S ? ["ppo"] : []
      }
    return names.compactMap { Workload(named: $0, size) }
  }

  /// The workload of a name, nil if there is none.
  init?(named name: String, _ size: ModelSize) {
    self.name = name
    self.size = size
    let lengths = [Int](repeating: size.length, count: size.batch)
    let training = 3 * size.configuration.forwardFLOPs(sequenceLengths: lengths)
    switch name {
    case "sft":
      (tokens, flops) = (size.batch * size.length, training)
      begin = { fineTuningSteps(size, threads: $0) }
    case "dpo":
      (tokens, flops) = (size.batch * size.length, training)
      begin = { preferenceSteps(size, threads: $0) }
    case "reward":
      (tokens, flops) = (size.batch * size.length, training)
      begin = { rewardSteps(size, threads: $0) }
    case "sample":
      let sampled = [Int](repeating: size.length, count: 64)
      (tokens, flops) = (
        64 * size.length, size.configuration.forwardFLOPs(sequenceLengths: sampled)
      )
      begin = { [samplingSeconds(size, threads: $0)] }
    case "ppo":
      tokens = 64 * 64
      flops = policyFLOPs(size)
      begin = { policySteps(size, threads: $0) }
    default: return nil
    }
  }

  /// Runs steps for so many seconds.
  func measure(threads: Int, seconds: Double) -> Measurement {
    let running = start(threads: threads)
    var times: [Double] = []
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    repeat { times.append(running.secondsOfOneStep()) } while clock.now < end || times.count < 5
    return Measurement(
      name: name, size: size.name, threads: threads, seconds: Spread(times), tokens: tokens,
      flops: flops)
  }

  func start(threads: Int) -> RunningWorkload { RunningWorkload { begin(threads) } }
}

/// A workload that hands out the times of its steps one by one.
final class RunningWorkload {
  private var times: [Double] = []
  private let more: () -> [Double]

  init(_ more: @escaping () -> [Double]) { self.more = more }

  func secondsOfOneStep() -> Double {
    while times.isEmpty { times = more() }
    return times.removeLast()
  }
}

/// Steps of a training, of which the first two warm buffers up and do not count.
private let stepsOfATraining = 8

/// The time between neighbouring calls of an observer.
private struct StepClock {
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant?
  private(set) var times: [Double] = []

  mutating func tick() {
    let now = clock.now
    if let last { times.append((now - last) / .seconds(1)) }
    last = now
  }

  var counted: [Double] { Array(times.dropFirst(2)) }
}

private func fineTuningSteps(_ size: ModelSize, threads: Int) -> [Double] {
  var (model, clock, settings) = (size.model(), StepClock(), SFTConfiguration())
  settings.batchSize = size.batch
  settings.maximumSteps = stepsOfATraining
  _ = fineTune(
    &model, on: size.sequences(size.batch), configuration: settings, seed: Seed(1),
    workers: threads
  ) { step, _, _ in if step > 0 { clock.tick() } }
  return clock.counted
}

private func preferenceSteps(_ size: ModelSize, threads: Int) -> [Double] {
  var (model, clock, settings) = (size.model(), StepClock(), DPOConfiguration())
  settings.batchSize = size.batch / 2
  settings.epochs = stepsOfATraining
  settings.probePairs = 0
  _ = trainDPO(
    &model, reference: size.model(), pairs: size.pairs(size.batch / 2), configuration: settings,
    seed: Seed(1), workers: threads
  ) { step, _, _ in if step > 0 { clock.tick() } }
  return clock.counted
}

private func rewardSteps(_ size: ModelSize, threads: Int) -> [Double] {
  var (clock, settings) = (StepClock(), RewardConfiguration())
  settings.batchSize = size.batch / 2
  settings.epochs = stepsOfATraining
  _ = trainRewardModel(
    from: size.model(), on: size.pairs(size.batch / 2), centredOn: [], configuration: settings,
    seed: Seed(1), workers: threads
  ) { step, _, _ in if step > 0 { clock.tick() } }
  return clock.counted
}

private func samplingSeconds(_ size: ModelSize, threads: Int) -> Double {
  var sampler = Sampler(size.model(), slots: 64, workers: threads)
  let uniform = UniformStream(seed: Seed(1), purpose: "benchmark.sample", step: 0)
  let prompts = [[Int]](repeating: [1], count: 64)
  func sample() {
    _ = sampler.sample(prompts: prompts, maximumTokens: size.length, endToken: -1) {
      uniform($0, $1)
    }
  }
  sample()
  return ContinuousClock().measure { sample() } / .seconds(1)
}

/// Prompts of 16 tokens and completions of 48, 64 of them; 4 epochs of 4 minibatches.
private func policySettings() -> PPOConfiguration {
  var settings = PPOConfiguration()
  settings.iterations = 4
  settings.rolloutsPerIteration = 64
  settings.responseLength = 48
  (settings.epochs, settings.minibatches) = (4, 4)
  return settings
}

private func policySteps(_ size: ModelSize, threads: Int) -> [Double] {
  var (policy, clock) = (size.model(), StepClock())
  var value = ScalarModel(backbone: policy)
  let prompts = (0..<64).map { size.tokens(16, phase: $0) }
  do {
    _ = try trainPPO(
      &policy, value: &value, reference: size.model(), reward: LengthReward(), prompts: prompts,
      endToken: -1, configuration: policySettings(), seed: Seed(1), workers: threads
    ) { step, _, _ in if step > 0 { clock.tick() } }
  } catch { complain("\(error)") }
  return Array(clock.times.dropFirst())
}

/// Sampling, four forward passes and sixteen minibatches of policy and value model.
private func policyFLOPs(_ size: ModelSize) -> Double {
  let forward = size.configuration.forwardFLOPs(
    sequenceLengths: [Int](repeating: 64, count: 64))
  return forward * (1 + 3 + 4 * 3 * 2)
}

/// A reward that costs nothing.
private struct LengthReward: RewardFunction {
  func rewards(of sequences: [TokenSequence]) -> [Double] {
    sequences.map { Double($0.completion.count % 3) }
  }
}

private func complain(_ message: String) {
  FileHandle.standardError.write(Data("tandem-benchmarks: \(message)\n".utf8))
}
