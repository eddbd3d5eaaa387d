import Optimizers

/// What the forward passes of one batch showed, gathered shard by shard.
struct RewardReadings: Sendable {
  var losses: [Double] = []
  var chosen: [Double] = []
  var rejected: [Double] = []
  /// Tokens of each sequence that was read, for the cost.
  var sequenceLengths: [Int] = []

  /// The shards of a batch together.
  init(_ shards: [RewardReadings]) {
    losses = shards.flatMap(\.losses)
    chosen = shards.flatMap(\.chosen)
    rejected = shards.flatMap(\.rejected)
    sequenceLengths = shards.flatMap(\.sequenceLengths)
  }

  /// One shard.
  init(losses: [Float], chosen: [Float], rejected: [Float], sequenceLengths: [Int]) {
    self.losses = losses.map(Double.init)
    self.chosen = chosen.map(Double.init)
    self.rejected = rejected.map(Double.init)
    self.sequenceLengths = sequenceLengths
  }

  func metrics(noise: GradientNoise) -> RewardMetrics {
    RewardMetrics(losses: losses, chosen: chosen, rejected: rejected, noise: noise)
  }
}
