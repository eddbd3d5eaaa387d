/// Which tokens and which value slots the completions of a batch have: TRL's masks without padding.
///
/// TRL pads completions to a width T and masks the rest. We keep only what the masks let through,
/// row by row: n *tokens* (where `padding_mask` is false) and, where n < T, one *slot* more (where
/// `padding_mask_p1` is false): the state after the last token, which has a value and receives the
/// score. A completion that fills the width has no such slot; its score falls on its last token.
/// The score thus always falls on the last slot (TRL's `actual_end`). Trainers that put the score on
/// the last token (``ScorePosition/lastToken``) have no slot but the tokens'.
public struct CompletionLayout: Sendable, Equatable {
  /// Tokens of each completion, its end token included; TRL's `sequence_lengths` plus one.
  public let tokenCounts: [Int]
  /// The most tokens a completion may have, written T.
  public let width: Int
  /// Where the score falls, hence whether there is a slot after the last token.
  public let scorePosition: ScorePosition

  /// A layout of completions with at most `width` tokens each.
  ///
  /// One without any token is what masks leave of a lone end token that equals the padding.
  public init(tokenCounts: [Int], width: Int, scorePosition: ScorePosition = .afterEnd) {
    for count in tokenCounts {
      precondition(0...width ~= count, "a completion of \(count) tokens in a width of \(width)")
    }
    self.tokenCounts = tokenCounts
    self.width = width
    self.scorePosition = scorePosition
  }

  /// The layout of completions padded to one width, as TRL's `first_true_indices` reads them.
  public init(padded completions: [[Int]], padToken: Int) {
    let width = completions.first?.count ?? 0
    self.init(
      tokenCounts: completions.map { $0.firstIndex(of: padToken) ?? $0.count }, width: width)
  }

  /// Value slots of each completion: its tokens and, where there is room, the state after them.
  public var slotCounts: [Int] { tokenCounts.indices.map(slotCount(of:)) }

  /// Value slots of one completion.
  public func slotCount(of completion: Int) -> Int {
    switch scorePosition {
    case .afterEnd: min(tokenCounts[completion] + 1, width)
    case .lastToken: max(tokenCounts[completion], 1)
    }
  }

  /// The slot that the score falls on, TRL's `actual_end`.
  public var scoreSlots: [Int] { slotCounts.map { $0 - 1 } }

  /// True on padding, after the last token: TRL's `padding_mask`.
  public var paddingMask: [[Bool]] { mask(after: tokenCounts) }

  /// True after the slot that follows the last token: TRL's `padding_mask_p1`.
  public var paddingMaskPlusOne: [[Bool]] { mask(after: slotCounts) }

  private func mask(after counts: [Int]) -> [[Bool]] {
    counts.map { count in (0..<width).map { $0 >= count } }
  }

  /// The mean over all B × T places where padding counts as `padValue`.
  ///
  /// TRL takes `approxkl` (padding 0) and `ratio` (padding 1) so; the trainer's metrics do not.
  public func paddedMean<Scalar: BinaryFloatingPoint>(
    ofTokens values: [Scalar], padValue: Scalar
  ) -> Scalar {
    let places = tokenCounts.count * width
    return (values.reduce(0, +) + Scalar(places - values.count) * padValue) / Scalar(places)
  }
}
