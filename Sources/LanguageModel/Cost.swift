/// What training has used up, in units that all methods share.
///
/// Every model counts: the policy, and the reference, reward and value models beside it.
public struct Cost: Codable, Equatable, Sendable {
  /// Preference labels, or calls of a gold reward, that were bought.
  public var labels: Int
  /// Tokens that went forward through some model, sampled ones included.
  public var tokensForward: Int
  /// Tokens that went backward through some model.
  public var tokensBackward: Int
  /// Completions sampled for training.
  public var rollouts: Int
  /// Floating-point operations: 2·N a token forward, 4·N backward, attention on top.
  ///
  /// Every sequence counts as if it were read alone, so that the count is one of the method and not
  /// of how a batch is laid out: a prompt that two completions share counts twice.
  public var flops: Double

  /// A cost; nothing unless said otherwise.
  public init(
    labels: Int = 0, tokensForward: Int = 0, tokensBackward: Int = 0, rollouts: Int = 0,
    flops: Double = 0
  ) {
    self.labels = labels
    self.tokensForward = tokensForward
    self.tokensBackward = tokensBackward
    self.rollouts = rollouts
    self.flops = flops
  }

  /// The cost of a forward pass over whole sequences, or of sampling them with a cache.
  public static func forward(
    through model: ModelConfiguration, sequenceLengths: [Int]
  ) -> Cost {
    Cost(
      tokensForward: sequenceLengths.reduce(0, +),
      flops: model.forwardFLOPs(sequenceLengths: sequenceLengths))
  }

  /// The cost of forward passes of several models over the same sequences.
  public static func forward(
    through models: [ModelConfiguration], sequenceLengths: [Int]
  ) -> Cost {
    models.reduce(Cost()) { $0 + .forward(through: $1, sequenceLengths: sequenceLengths) }
  }

  /// The cost of a forward and a backward pass over whole sequences.
  ///
  /// A backward pass makes two products, by inputs and by weights, for each one of the forward
  /// pass, hence 4·N a token (Kaplan (2020), section 2.1).
  public static func training(
    _ model: ModelConfiguration, sequenceLengths: [Int]
  ) -> Cost {
    var cost = forward(through: model, sequenceLengths: sequenceLengths)
    cost.tokensBackward = cost.tokensForward
    cost.flops *= 3
    return cost
  }

  /// The two costs together.
  public static func + (left: Cost, right: Cost) -> Cost {
    Cost(
      labels: left.labels + right.labels,
      tokensForward: left.tokensForward + right.tokensForward,
      tokensBackward: left.tokensBackward + right.tokensBackward,
      rollouts: left.rollouts + right.rollouts, flops: left.flops + right.flops)
  }

  /// Adds another cost to this one.
  public static func += (left: inout Cost, right: Cost) {
    left = left + right
  }
}
