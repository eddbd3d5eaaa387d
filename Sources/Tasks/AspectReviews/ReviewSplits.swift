import Datasets

/// Which split a prompt belongs to: a function of its topic and aspects that no seed moves.
///
/// A fifth of all aspect sets is held out whatever the topic; of the prompts that are left 70 % are
/// for training, 15 % for testing and 15 % stay unlabelled. Sets of four aspects are a split of
/// their own.
struct ReviewSplits: Sendable {
  static let heldOutShare = 0.2
  static let trainShare = 0.7
  static let testShare = 0.15

  private let seed = Seed(2305_18290).derived("aspect-reviews.splits")

  /// The split of a topic with a set of one to four aspects.
  func split(topic: Int, aspects: [Int]) -> Split {
    guard aspects.count < 4 else { return .fourAspects }
    let set = aspects.reduce(0) { $0 | 1 << $1 }
    if seed.uniform(for: "aspects", step: 0, index: set, position: 0) < Self.heldOutShare {
      return .heldOut
    }
    switch seed.uniform(for: "prompt", step: topic, index: set, position: 0) {
    case ..<Self.trainShare: return .train
    case ..<(Self.trainShare + Self.testShare): return .test
    default: return .unlabelled
    }
  }
}
