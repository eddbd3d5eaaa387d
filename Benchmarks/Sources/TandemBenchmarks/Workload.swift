import DPO
import Datasets
import Foundation
import LanguageModel
import Optimizers
import PPO
import RewardModeling
import SupervisedFineTuning
import Synchronization
import Tokenization

/// A unit of work that is measured as a whole.
struct Workload {
  let name: String
  let size: ModelSize
  /// Tokens of one step.
  let tokens: Int
  /// Floating-point operations that one step carries out.
  let flops: Double
  private let run: @Sendable (_ threads: Int, _ didStep: () throws -> Void) throws -> Void

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
    func training(
      _ shards: [SequenceBatch], _ rows: (SequenceBatch) -> [Int], head: Bool = true
    ) -> Double {
      3
        * shards.reduce(0) {
          $0 + size.executedFLOPs($1, rowsGoingOn: rows($1).count, head: head)
        }
    }
    tokens =
      switch name {
      case "sample": 64 * size.length
      case "ppo": 64 * 64
      default: size.batch * size.length
      }
    switch name {
    case "sft":
      let parts = consecutiveParts(of: size.sequences(size.batch), count: shards)
      flops = training(parts.map { SequenceBatch($0) }, \.predictionRows)
      run = { try fineTune(size, threads: $0, $1) }
    case "dpo":
      flops = training(pairShards(size), \.predictionRows)
      run = { try trainOnPreferences(size, threads: $0, $1) }
    case "reward":
      flops = training(pairShards(size), \.lastRows, head: false)
      run = { try trainReward(size, threads: $0, $1) }
    case "sample":
      flops = size.configuration.forwardFLOPs(
        sequenceLengths: [Int](repeating: size.length, count: 64))
      run = { try sample(size, threads: $0, $1) }
    case "ppo":
      flops = policyFLOPs(size)
      run = { try trainPolicy(size, threads: $0, $1) }
    default: return nil
    }
  }

  /// Runs steps for so many seconds.
  func measure(threads: Int, seconds: Double) -> Measurement {
    let running = start(threads: threads)
    defer { running.stop() }
    var times: [Double] = []
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    repeat { times.append(running.secondsOfOneStep()) } while clock.now < end || times.count < 5
    return Measurement(
      name: name, size: size.name, threads: threads, seconds: Spread(times), tokens: tokens,
      flops: flops)
  }

  /// A run that has made its first two steps, which fill its buffers.
  func start(threads: Int) -> RunningWorkload {
    let running = RunningWorkload { [run] in try run(threads, $0) }
    for _ in 0..<2 { _ = running.secondsOfOneStep() }
    return running
  }
}

/// A training that goes on by a step whenever one is asked for.
final class RunningWorkload: Sendable {
  private let (permission, step) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
  private let isStopped = Mutex(false)

  /// Starts a run that calls `didStep` after every step and never ends by itself.
  init(_ run: @escaping @Sendable (_ didStep: () throws -> Void) throws -> Void) {
    let thread = Thread { [self] in
      permission.wait()
      do {
        try run(awaitPermission)
        complain("a training ended by itself")
      } catch is CancellationError {
        return
      } catch {
        complain("\(error)")
      }
      // Whoever waits for the next step would wait for ever.
      exit(1)
    }
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Lets the run make one step.
  func secondsOfOneStep() -> Double {
    ContinuousClock().measure {
      permission.signal()
      step.wait()
    } / .seconds(1)
  }

  /// Ends the run instead of its next step.
  func stop() {
    isStopped.withLock { $0 = true }
    permission.signal()
  }

  private func awaitPermission() throws {
    step.signal()
    permission.wait()
    if isStopped.withLock({ $0 }) { throw CancellationError() }
  }
}

/// The parts of a batch that are differentiated on their own.
private let shards = SFTConfiguration().gradientShards

/// The parts of a batch of pairs as the trainers form them.
private func pairShards(_ size: ModelSize) -> [SequenceBatch] {
  consecutiveParts(of: size.pairs(size.batch / 2), count: shards).map { PairBatch($0).sequences }
}

/// More steps than anybody waits for.
private let endless = 1_000_000

private func fineTune(_ size: ModelSize, threads: Int, _ didStep: () throws -> Void) throws {
  var (model, settings) = (size.model(), SFTConfiguration())
  settings.batchSize = size.batch
  settings.maximumSteps = endless
  _ = try fineTune(
    &model, on: size.sequences(size.batch), configuration: settings, seed: Seed(1),
    workers: threads
  ) { step, _, _ in if step > 0 { try didStep() } }
}

private func trainOnPreferences(
  _ size: ModelSize, threads: Int, _ didStep: () throws -> Void
) throws {
  var (model, settings) = (size.model(), DPOConfiguration())
  settings.batchSize = size.batch / 2
  settings.epochs = endless
  settings.probePairs = 0
  _ = try trainDPO(
    &model, reference: size.model(), pairs: size.pairs(size.batch / 2), configuration: settings,
    seed: Seed(1), workers: threads
  ) { step, _, _ in if step > 0 { try didStep() } }
}

private func trainReward(_ size: ModelSize, threads: Int, _ didStep: () throws -> Void) throws {
  var settings = RewardConfiguration()
  settings.batchSize = size.batch / 2
  settings.epochs = endless
  _ = try trainRewardModel(
    from: size.model(), on: size.pairs(size.batch / 2), centredOn: [], configuration: settings,
    seed: Seed(1), workers: threads
  ) { step, _, _ in if step > 0 { try didStep() } }
}

private func sample(_ size: ModelSize, threads: Int, _ didStep: () throws -> Void) throws {
  var sampler = Sampler(size.model(), slots: 64, workers: threads)
  let uniform = UniformStream(seed: Seed(1), purpose: "benchmark.sample", step: 0)
  let prompts = [[Int]](repeating: [1], count: 64)
  while true {
    _ = sampler.sample(prompts: prompts, maximumTokens: size.length, endToken: -1) {
      uniform($0, $1)
    }
    try didStep()
  }
}

/// Prompts of 16 tokens and completions of 48, 64 of them; 4 epochs of 4 minibatches.
private func policySettings() -> PPOConfiguration {
  var settings = PPOConfiguration()
  settings.iterations = endless
  settings.rolloutsPerIteration = 64
  settings.responseLength = 48
  (settings.epochs, settings.minibatches) = (4, 4)
  return settings
}

private func trainPolicy(_ size: ModelSize, threads: Int, _ didStep: () throws -> Void) throws {
  var policy = size.model()
  var value = ScalarModel(backbone: policy)
  let prompts = (0..<64).map { size.tokens(16, phase: $0) }
  _ = try trainPPO(
    &policy, value: &value, reference: size.model(), reward: LengthReward(), prompts: prompts,
    endToken: -1, configuration: policySettings(), seed: Seed(1), workers: threads
  ) { step, _, _ in if step > 0 { try didStep() } }
}

/// Sampling; policy, reference and value model read once; four epochs of policy and value model.
private func policyFLOPs(_ size: ModelSize) -> Double {
  let sampling = size.configuration.forwardFLOPs(
    sequenceLengths: [Int](repeating: 64, count: 64))
  let batch = SequenceBatch(
    (0..<64).map {
      TokenSequence(prompt: size.tokens(16, phase: $0), completion: size.tokens(48, phase: $0))
    })
  let policy = size.executedFLOPs(batch, rowsGoingOn: 64 * 48)
  let value = size.executedFLOPs(batch, rowsGoingOn: 64 * 48, head: false)
  return sampling + 2 * policy + value + 4 * 3 * (policy + value)
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
