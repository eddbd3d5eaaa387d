import Tokenization

/// A completion in the making.
struct GrowingSequence {
  /// Its place among the prompts.
  let index: Int
  /// Its slot in the cache.
  let slot: Int
  let promptLength: Int
  /// The prompt and what has been drawn.
  var tokens: [Int]
  /// How many of the tokens have gone through the model.
  var cached: Int
  var logProbabilities: [Double]
}

/// Who is being sampled, who waits and who is done.
struct SequenceQueue {
  /// The tokens that go through the model together.
  struct Step {
    var tokens: [Int] = []
    var places: [CachePlace] = []
    /// The row of each active sequence's last token.
    var lastRows: [Int] = []
  }

  private let prompts: [[Int]]
  private let maximumTokens: Int
  private var freeSlots: [Int]
  private var admitted = 0
  private(set) var active: [GrowingSequence] = []
  /// The completions by prompt, nil while they grow.
  private(set) var finished: [Sampled?]

  init(prompts: [[Int]], slots: Int, maximumTokens: Int) {
    self.prompts = prompts
    self.maximumTokens = maximumTokens
    freeSlots = (0..<min(slots, prompts.count)).reversed()
    finished = [Sampled?](repeating: nil, count: prompts.count)
  }

  /// Gives free slots to waiting prompts; false once nothing is left to do.
  mutating func admit() -> Bool {
    while admitted < prompts.count, let slot = freeSlots.popLast() {
      let prompt = prompts[admitted]
      active.append(
        GrowingSequence(
          index: admitted, slot: slot, promptLength: prompt.count, tokens: prompt, cached: 0,
          logProbabilities: []))
      admitted += 1
    }
    return !active.isEmpty
  }

  /// All tokens that the model has not seen: whole prompts at first, then one token a sequence.
  mutating func nextStep() -> Step {
    var step = Step()
    for i in active.indices {
      let sequence = active[i]
      for position in sequence.cached..<sequence.tokens.count {
        step.tokens.append(sequence.tokens[position])
        step.places.append(CachePlace(slot: sequence.slot, position: position))
      }
      step.lastRows.append(step.tokens.count - 1)
      active[i].cached = sequence.tokens.count
    }
    return step
  }

  /// Appends a token to each active sequence and retires those that are complete.
  mutating func extend(by draws: [TokenDraw], endToken: Int) {
    var growing: [GrowingSequence] = []
    growing.reserveCapacity(active.count)
    for (var sequence, draw) in zip(active, draws) {
      sequence.tokens.append(draw.token)
      sequence.logProbabilities.append(draw.logProbability)
      let ended = draw.token == endToken
      if ended || sequence.logProbabilities.count == maximumTokens {
        retire(sequence, ended: ended)
      } else {
        growing.append(sequence)
      }
    }
    active = growing
  }

  private mutating func retire(_ sequence: GrowingSequence, ended: Bool) {
    freeSlots.append(sequence.slot)
    let completion = Array(sequence.tokens.dropFirst(sequence.promptLength))
    finished[sequence.index] = Sampled(
      sequence: TokenSequence(prompt: prompts[sequence.index], completion: completion),
      logProbabilities: sequence.logProbabilities, ended: ended)
  }
}
