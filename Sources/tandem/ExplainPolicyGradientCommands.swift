import ArgumentParser
import Explanations
import Foundation
import Identities
import PPO

/// `tandem explain ppo`: TRL's PPO step by step, on a user's own numbers.
struct ExplainPPOCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ppo",
    abstract: "Masks, KL, rewards, advantages, returns, losses and metrics of TRL's PPO (1.12.0).",
    discussion: """
      The input is one JSON object; B completions are padded to a width of T, the
      vocabulary has V tokens:

        pad, eos          the padding and the end token
        responses         B × T tokens as they were sampled
        postprocessed     B × T, padding after the first end token; computed unless
                          given
        sequence_lengths  checked against the padding, if given
        scores_in         B scores of the reward model
        logprobs_raw      B × T log-probabilities of the policy, or policy_logits, B
                          × T × V
        ref_logprobs_raw  the same of the reference, or ref_logits
        new_logprobs      the same after the update, or new_logits; the old ones
                          unless given
        values_in         B × T values, and new_values after the update
        temperature       0.7; divides logits
        V                 checked, if given
        origin            a note, not read

      and the options of TRL's PPOConfig with its defaults: kl_coef 0.05,
      kl_estimator k1 (of \(KLEstimator.allCases.map(\.rawValue).joined(separator: ", "))), gamma 1,
      lam 0.95, cliprange 0.2, cliprange_value 0.2, vf_coef 0.1, whiten_rewards
      false, missing_eos_penalty null. Under cases, {"name": {options}} gives
      several settings at once; numbers
      that such a case holds under the names below are compared with ours.

      --json prints one document with schema "tandem.explain.ppo/1", the options,
      and, at its top or under cases: postprocessed, sequence_lengths, padding_mask,
      padding_mask_p1, actual_end, logprobs, ref_logprobs, kl, scores, rewards,
      values, advantages_unwhitened, returns, advantages, ratio, pg_loss,
      pg_clipfrac, vf_loss, vf_clipfrac, loss, objective/kl,
      objective/non_score_reward, objective/rlhf_reward,
      objective/entropy_masked(1.12), objective/entropy_unmasked(<=1.9), approxkl,
      ratio.mean, entropy.mean (null without new_logits), overflows (what single
      precision cannot hold, by name and place; null stands where double precision
      cannot either), and differences.

      An input that breaks a rule is refused with every reason and exit code 65, a
      missing file with 66.

      EXAMPLES
        tandem explain ppo --input rollout.json
        tandem explain ppo --input rollout.json --json
      """)

  @OptionGroup var options: ExplainOptions

  func run() throws {
    try options.print(PPOExplanation(of: PPORollout(contentsOf: options.file)), as: explanationText)
  }
}

/// `tandem explain rloo`: TRL's RLOO step by step.
struct ExplainRLOOCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rloo",
    abstract: "KL, baselines, advantages and loss of TRL's RLOO (1.16.0).",
    discussion: """
      The input is one JSON object; the completions of one prompt stand together:

        rewards               one for each completion
        num_generations       completions of each prompt, 2 or more
        old_per_token_logps   one row for each completion, padded
        ref_per_token_logps   the same of the reference
        completion_mask       the same shape, 1 on tokens; all of them unless given
        new_per_token_logps   after the update, or log_ratio, one sum for each
                              completion; old unless given
        beta                  0.05; the KL's weight in the reward
        normalize_advantages  false
        epsilon               0.2

      Members named as in TRL fixtures, such as beta0.05_normalized, are settings of
      their own, and the numbers in them are compared with ours.

      --json prints one document with schema "tandem.explain.rloo/1", options, kl
      (null at beta 0), rewards (after the penalty), baselines, advantages,
      std_rewards (of each group), log_ratio, ratio, loss, clipfrac, overflows and
      differences, at its top or under the names of the settings.

      An input that breaks a rule is refused with every reason and exit code 65, a
      missing file with 66.

      EXAMPLES
        tandem explain rloo --input groups.json
        tandem explain rloo --input groups.json --json
      """)

  @OptionGroup var options: ExplainOptions

  func run() throws {
    try options.print(
      RLOOExplanation(of: RLOOGroups(contentsOf: options.file)), as: explanationText)
  }
}

/// The sections of an explanation as a table, with columns as wide as their longest entries.
func explanationText(_ sections: [(title: String, rows: [ExplanationRow])]) -> String {
  let rows = sections.flatMap(\.rows)
  return text(
    of: sections, names: 2 + (rows.map(\.name.count).max() ?? 0),
    values: 2 + (rows.map(\.value.count).max() ?? 0))
}
