public import Tokenization

/// Two completions of one prompt as token ids, and which of them was preferred.
///
/// Completions end with the end token if and only if they ended by themselves.
public struct PreferencePair: Sendable, Hashable, Codable {
  /// The prompt, which begins with the begin token.
  public var prompt: [Int]
  /// The completion that was preferred.
  public var chosen: [Int]
  /// The completion that was not.
  public var rejected: [Int]
  /// By how much a reward model is to score the chosen completion higher.
  ///
  /// Touvron (2023), equation 2; nil for as much as its configuration says. Nothing else reads it.
  public var margin: Double?

  /// Joins a prompt and its two completions.
  public init(prompt: [Int], chosen: [Int], rejected: [Int], margin: Double? = nil) {
    (self.prompt, self.chosen, self.rejected) = (prompt, chosen, rejected)
    self.margin = margin
  }

  /// Tokens of the prompt and of both completions.
  package var tokenCount: Int { prompt.count + chosen.count + rejected.count }

  /// The prompt with the preferred completion.
  public var chosenSequence: TokenSequence { TokenSequence(prompt: prompt, completion: chosen) }

  /// The prompt with the other completion.
  public var rejectedSequence: TokenSequence { TokenSequence(prompt: prompt, completion: rejected) }

  /// The pair with at most so many tokens a sequence, cut at the completions' ends; nil where the
  /// prompt leaves no room or both completions are the same up to there.
  public func cut(to length: Int) -> PreferencePair? {
    let room = length - prompt.count
    guard room > 0 else { return nil }
    var pair = self
    (pair.chosen, pair.rejected) = (Array(chosen.prefix(room)), Array(rejected.prefix(room)))
    return pair.chosen == pair.rejected ? nil : pair
  }
}

/// Completions of one prompt in the order of preference, the best first.
public struct PreferenceRanking: Sendable, Hashable, Codable {
  /// The prompt, which begins with the begin token.
  public var prompt: [Int]
  /// Two or more different completions, the best first.
  public var completions: [[Int]]

  /// Joins a prompt and its ranked completions.
  public init(prompt: [Int], completions: [[Int]]) {
    precondition(completions.count >= 2, "a ranking of \(completions.count) completions")
    (self.prompt, self.completions) = (prompt, completions)
  }

  /// The prompt with each completion, the best first.
  public var sequences: [TokenSequence] {
    completions.map { TokenSequence(prompt: prompt, completion: $0) }
  }

  /// The pair of the first and the last place.
  public var ends: PreferencePair {
    PreferencePair(
      prompt: prompt, chosen: completions[0], rejected: completions[completions.count - 1])
  }

  /// All K·(K − 1)/2 pairs that the ranking implies.
  public var pairs: [PreferencePair] {
    completions.indices.flatMap { better in
      completions[(better + 1)...].map {
        PreferencePair(prompt: prompt, chosen: completions[better], rejected: $0)
      }
    }
  }
}

/// Joins the pairs of each prompt's completions to a ranking.
///
/// Consecutive pairs of one prompt belong together as long as they compare at most `places`
/// completions. Labels that were given pair by pair may contradict one another: completions are
/// ranked by the pairs that they won less those that they lost (Copeland (1951)), equal ones as
/// they came.
///
/// - Parameters:
///   - pairs: Labelled pairs, those of one prompt's completions side by side.
///   - places: The most completions of one prompt.
/// - Returns: A ranking for each group of completions.
public func rankings(of pairs: [PreferencePair], places: Int) -> [PreferenceRanking] {
  var rankings: [PreferenceRanking] = []
  var group: [PreferencePair] = []
  for pair in pairs {
    let isOfGroup =
      group.count < places * (places - 1) / 2 && group.first?.prompt == pair.prompt
      && completions(of: group + [pair]).count <= places
    if !isOfGroup, !group.isEmpty {
      rankings.append(ranking(of: group))
      group = []
    }
    group.append(pair)
  }
  return group.isEmpty ? rankings : rankings + [ranking(of: group)]
}

/// The different completions of some pairs, in the order in which they come.
private func completions(of pairs: [PreferencePair]) -> [[Int]] {
  var seen: Set<[Int]> = []
  return pairs.flatMap { [$0.chosen, $0.rejected] }.filter { seen.insert($0).inserted }
}

private func ranking(of group: [PreferencePair]) -> PreferenceRanking {
  var score: [[Int]: Int] = [:]
  for pair in group {
    score[pair.chosen, default: 0] += 1
    score[pair.rejected, default: 0] -= 1
  }
  let ranked = completions(of: group).enumerated().sorted {
    let (first, second) = (score[$0.element, default: 0], score[$1.element, default: 0])
    return first == second ? $0.offset < $1.offset : first > second
  }
  return PreferenceRanking(prompt: group[0].prompt, completions: ranked.map(\.element))
}

/// Anything that can say how good completions are: a learned reward model or the gold reward.
public protocol RewardFunction: Sendable {
  /// One reward per sequence, in the annotator's logit units.
  func rewards(of sequences: [TokenSequence]) throws -> [Double]
}
