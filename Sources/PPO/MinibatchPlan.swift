import Datasets
import Optimizers

/// Which rollouts make up the shards of one optimiser step.
struct Minibatch: Equatable {
  /// Indices of rollouts, shard by shard.
  let shards: [[Int]]

  var rollouts: [Int] { shards.flatMap { $0 } }
}

/// The epochs of one iteration: every rollout once in each, in an order of its own.
struct MinibatchPlan {
  let epochs: [[Minibatch]]

  init(_ configuration: PPOConfiguration, seed: Seed, iteration: Int) {
    epochs = (0..<configuration.epochs).map { epoch in
      var generator = seed.generator(for: "ppo.minibatches", step: iteration, index: epoch)
      let order = generator.shuffled(Array(0..<configuration.rolloutsPerIteration))
      return consecutiveParts(of: order, count: configuration.minibatches).map {
        Minibatch(shards: consecutiveParts(of: $0, count: configuration.gradientShards))
      }
    }
  }

  /// The minibatches in which every rollout is first met.
  var firstEpoch: [Minibatch] { epochs.first ?? [] }
}

/// The prompts of every iteration: passes over all of them, each in an order of its own.
struct PromptOrder {
  private let prompts: [[Int]]
  private let count: Int
  private let seed: Seed

  init(_ prompts: [[Int]], perIteration count: Int, seed: Seed) {
    (self.prompts, self.count, self.seed) = (prompts, count, seed)
  }

  /// The next `count` prompts after those of the iterations before.
  func prompts(ofIteration iteration: Int) -> [[Int]] {
    var passes: [Int: [Int]] = [:]
    return (iteration * count..<(iteration + 1) * count).map { place in
      let (pass, position) = place.quotientAndRemainder(dividingBy: prompts.count)
      let order = passes[pass] ?? self.order(ofPass: pass)
      passes[pass] = order
      return prompts[order[position]]
    }
  }

  private func order(ofPass pass: Int) -> [Int] {
    var generator = seed.generator(for: "ppo.prompts", step: pass)
    return generator.shuffled(Array(prompts.indices))
  }
}
