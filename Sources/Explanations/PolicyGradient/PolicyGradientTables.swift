import Evaluation
import Foundation

extension PPOExplanation: Explanation {
  /// The steps of every case in sections, each with a title.
  package var sections: [(title: String, rows: [ExplanationRow])] {
    cases.flatMap { one in
      let prefix = one.name.map { "\($0): " } ?? ""
      return Self.steps.map { step in
        (
          prefix + step.title,
          step.rows.flatMap { rows($0.key, one.quantities[$0.key], $0.equation) }
        )
      } + differenceSection(one.quantities, prefix)
    }
  }

  private typealias Step = (title: String, rows: [(key: String, equation: String)])

  private static let steps: [Step] = [
    (
      "1 Masks",
      [
        ("postprocessed", "padding after the first end token"),
        ("sequence_lengths", "index of the last token before the first pad"),
        ("padding_mask", "index > sequence_length"),
        ("padding_mask_p1", "index > sequence_length + 1: one state more has a value"),
        ("actual_end", "the slot of the score: one past the end where there is room"),
      ]
    ),
    (
      "2 KL per token",
      [
        ("logprobs", "log π at the sampled token, 1 where masked"),
        ("ref_logprobs", "log π₀, 1 where masked"),
        ("kl", "k1 = log π − log π₀, or k3 = π₀/π − 1 + log π − log π₀"),
      ]
    ),
    (
      "3 Rewards",
      [
        ("scores", "less missing_eos_penalty where there is no end token"),
        ("rewards", "−kl_coef·kl, plus the score at actual_end, whitened if asked"),
      ]
    ),
    (
      "4 Advantages and returns",
      [
        ("values", "V before each token and after the last, 0 where masked"),
        (
          "advantages_unwhitened", "δₜ = rₜ + γVₜ₊₁ − Vₜ;  Aₜ = δₜ + γλAₜ₊₁ (Schulman 2016, eq. 16)"
        ),
        ("returns", "A + V, from advantages before whitening"),
        ("advantages", "(A − mean)/√(var + 1e-8) over unmasked tokens, n − 1"),
      ]
    ),
    (
      "5 Losses",
      [
        ("ratio", "exp(log π_new − log π_old)"),
        ("pg_loss", "mean max(−A·ρ, −A·clip(ρ, 1 ± cliprange)) over tokens"),
        ("pg_clipfrac", "share of tokens whose second term is the larger"),
        ("vf_loss", "½·mean max((V − R)², (clip(V, V_old ± cliprange_value) − R)²)"),
        ("vf_clipfrac", "share of slots whose second term is the larger"),
        ("loss", "pg_loss + vf_coef·vf_loss"),
      ]
    ),
    (
      "6 Metrics",
      [
        ("objective/kl", "mean over completions of Σ kl"),
        ("objective/non_score_reward", "−kl_coef·objective/kl"),
        ("objective/rlhf_reward", "mean score + non_score_reward"),
        ("objective/entropy_masked(1.12)", "mean of −Σ log π over tokens"),
        ("objective/entropy_unmasked(<=1.9)", "the same with −1 for each pad, before TRL 1.12"),
        ("approxkl", "½·mean (log ρ)² over all B·T places"),
        ("ratio.mean", "over all B·T places, 1 at pads"),
        ("entropy.mean", "of the new next-token distributions, all B·T places"),
        ("overflows", "what single or double precision cannot hold"),
      ]
    ),
  ]
}

extension RLOOExplanation: Explanation {
  /// The steps of every case in sections, each with a title.
  package var sections: [(title: String, rows: [ExplanationRow])] {
    let cases = names.isEmpty ? [""] : names
    return cases.flatMap { name -> [(title: String, rows: [ExplanationRow])] in
      guard case .members(let quantities) = name.isEmpty ? document : document[name] ?? .none else {
        return []
      }
      let prefix = name.isEmpty ? "" : "\(name): "
      let steps = Self.steps.flatMap { rows($0.key, quantities[$0.key], $0.equation) }
      return [(prefix + "RLOO", steps)] + differenceSection(quantities, prefix)
    }
  }

  private static let steps: [(key: String, equation: String)] = [
    ("kl", "Σₜ log π_old − log π₀ over unmasked tokens (k1, may be negative)"),
    ("rewards", "R = r − beta·kl"),
    ("baselines", "(Σ R − Rᵢ)/(k − 1) within the prompt's group"),
    ("std_rewards", "deviation of R in each group, n − 1"),
    ("advantages", "R − baseline; normalised: (A − mean)/(std + 1e-4) over the batch"),
    ("log_ratio", "log π_new − log π_old of each completion"),
    ("ratio", "exp(log_ratio)"),
    ("loss", "mean max(−A·ρ, −A·clip(ρ, 1 ± epsilon)) over completions"),
    ("clipfrac", "share of completions whose second term is the larger"),
    ("overflows", "what single or double precision cannot hold"),
  ]
}

/// How far what somebody else computed is from ours.
private func differenceSection(
  _ quantities: [String: ExplainedValue], _ prefix: String
) -> [(title: String, rows: [ExplanationRow])] {
  guard case .members(let differences)? = quantities["differences"] else { return [] }
  let rows = differences.keys.sorted().map { key in
    ExplanationRow(key, text(differences[key]?.flattened.first ?? .nan), "largest |difference|")
  }
  return [(prefix + "Differences from the numbers in the file", rows)]
}

/// The rows of one quantity: one for a number, one for each completion of a matrix.
private func rows(
  _ key: String, _ value: ExplainedValue?, _ equation: String
) -> [ExplanationRow] {
  switch value {
  case .number(let number)?: [ExplanationRow(key, text(number), equation)]
  case .numbers(let values)?: [ExplanationRow(key, line(values), equation)]
  case .whole(let values)?: [ExplanationRow(key, line(values.map { Double($0) }), equation)]
  case .rows(let rows)?: matrix(key, rows.map(line), equation)
  case .wholeRows(let rows)?:
    matrix(key, rows.map { line($0.map { Double($0) }) }, equation)
  case .flags(let rows)?:
    matrix(key, rows.map { $0.map { $0 ? "×" : "·" }.joined(separator: " ") }, equation)
  case .texts(let texts)?:
    (texts.isEmpty ? ["none"] : texts).map { ExplanationRow(key, "", $0) }
  case .none?, nil: [ExplanationRow(key, "–", equation)]
  case .text(let text)?: [ExplanationRow(key, text, equation)]
  case .members?: []
  }
}

private func matrix(_ key: String, _ lines: [String], _ equation: String) -> [ExplanationRow] {
  lines.enumerated().map { ExplanationRow("\(key)[\($0)]", $1, $0 == 0 ? equation : "") }
}

private func line(_ values: [Double]) -> String {
  let shown = values.prefix(12).map(text)
  let rest = values.count > shown.count ? ["… \(values.count) values, all with --json"] : []
  return (shown + rest).joined(separator: " ")
}

/// Six significant digits; all of them are in the document.
private func text(_ value: Double) -> String {
  value.isFinite ? significant(value, digits: 6) : "overflow"
}
