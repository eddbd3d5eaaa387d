import Datasets

/// Cuts pairs by prompt, in an order that the prompts' hashes decide and the lines do not.
struct PairCut {
  private let heldOut, referee: Double

  init(_ settings: PairsTask.Settings) {
    heldOut = settings.heldOut
    referee = settings.score == nil ? settings.referee : 0
  }

  /// The parts; a test file of its own leaves nothing to hold out.
  func parts(train: [PreferencePair], test: [PreferencePair]?) -> LabelledPairs {
    let order = Set(train.map(\.prompt)).map { (hash: sha256(of: "\($0)"), prompt: $0) }
      .sorted { $0.hash < $1.hash }.map(\.prompt)
    func count(_ share: Double) -> Int {
      share == 0 ? 0 : max(1, Int((share * Double(order.count)).rounded()))
    }
    let held = test == nil ? Set(order.prefix(count(heldOut))) : []
    let refereed = Set(order.dropFirst(held.count).prefix(count(referee)))
    let own = train.filter { !held.contains($0.prompt) && !refereed.contains($0.prompt) }
    var cut = LabelledPairs(
      train: own, test: test ?? train.filter { held.contains($0.prompt) },
      referee: train.filter { refereed.contains($0.prompt) })
    cut.notes = [
      "\(cut.train.count) pairs to learn from, \(cut.test.count) held out, \(cut.referee.count) "
        + "for the referee; the parts share no prompt"
    ]
    let known = Set(train.map(\.prompt))
    let shared = (test ?? []).count { known.contains($0.prompt) }
    if shared > 0 {
      cut.notes = [
        "\(cut.train.count) pairs to learn from, \(cut.test.count) in the test file, "
          + "\(cut.referee.count) for the referee",
        "\(shared) pairs of the test file have a prompt that is in the training file too, so "
          + "what is measured on them is not wholly held out",
      ]
    }
    return cut
  }
}

extension CutPairs {
  /// What the limit did, a sentence each.
  func notes(file: String, limit: Int) -> [String] {
    let all = pairs.count + linesLeftOut.count
    let what = [
      (linesCut, "have completions that are cut to a max_length of \(limit) tokens"),
      (
        linesLeftOut,
        "are left out, since nothing to compare is within a max_length of \(limit) tokens: more tokens, "
          + "or a larger vocabulary for a new model, keep them"
      ),
    ]
    return what.filter { !$0.0.isEmpty }.map { lines, what in
      let named = lines.prefix(5).map(String.init).joined(separator: ", ")
      return "\(lines.count) of the \(all) pairs of \(file) \(what) "
        + "(lines \(named)\(lines.count > 5 ? ", …" : ""))"
    }
  }
}
