import ArgumentParser
import Explanations
import Foundation

/// `tandem explain dpo`: every preference loss on a user's own log-probabilities.
struct ExplainDPOCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dpo",
    abstract: "Every preference loss, reward and metric of pairs, as TRL computes them.",
    discussion: """
      The input is one JSON object of lists, one value per pair, with TRL's names:

        {"chosen_logps": [-12, -8.5], "rejected_logps": [-11, -9.5],
         "ref_chosen_logps": [-12.5, -8], "ref_rejected_logps": [-10.5, -9],
         "completion_lens_chosen": [4, 3], "completion_lens_rejected": [5, 3],
         "beta": 0.1}

      Log-probabilities are sums over the tokens of a completion, its end token
      included. Without the two lists of lengths, losses per token are left out.
      Options have TRL's names and defaults: beta 0.1, label_smoothing 0,
      f_divergence_type reverse_kl (forward_kl, js_divergence, alpha_divergence),
      f_alpha_divergence_coef 0.5, loss_type (one name or a list; all unless given),
      discopop_tau 0.05, simpo_gamma 0.5, cpo_alpha 1 (0 for simpo), rpo_alpha 0,
      reference_free false; and ours: length_penalty 0.01 of r_dpo,
      unlikelihood_alpha 0.1. Results in the input are passed over, so that a
      document can be explained again.

      --json prints one document with

        schema                    "tandem.explain.dpo/1"
        the lists and options     as they were used
        losses                    the loss of each pair by name, those that read
                                  them under the divergence; also under
                                  "label_smoothing=0.0,f=reverse_kl", with the
                                  values used
        loss                      their means
        cpo                       sigmoid, hinge, ipo and simpo of TRL's CPO
                                  trainer, without NLL
        chosen_rewards, rejected_rewards
                                    β·log π/π₀ of each pair, whatever the divergence
        rewards/chosen, rewards/rejected, rewards/accuracies, rewards/margins
                                    TRL's metrics; a tie counts as wrong
        logps/chosen, logps/rejected       mean log π
        losses(beta*logsigmoid(log_odds)), log_odds_ratio, log_odds_chosen
                                    TRL's ORPO trainer
        trl0.28 sigmoid label_smoothing=… (cDPO)
        official/OpenRLHF ipo on summed logps
                                    the losses cdpo and ipo_sum under the trainers
                                    that have them
        overflows                 loss, pair, value and reason of every null in the
                                  lists above

      Losses beyond 3.4e38, where a float32 trainer has infinity, and undefined ones
      are null. Not of TRL are cdpo, ipo_sum, r_dpo and unlikelihood; orpo, cpo and
      sft add the cross-entropy of a chosen token. exo_pair takes 0.001 for a
      label_smoothing of 0. The losses kto and apo_zero_unpaired have `tandem
      explain kto`. An input that breaks a rule is refused with every reason and
      exit code 65, a missing file with 66.

      EXAMPLES
        tandem explain dpo --input pairs.json
        tandem explain dpo --input pairs.json --json
      """)

  @OptionGroup var options: ExplainOptions

  func run() throws {
    try options.print(DPOExplanation(of: PairInput(contentsOf: options.file)))
  }
}

/// `tandem explain reward`: the losses and metrics of a reward model's scores.
struct ExplainRewardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reward",
    abstract: "Losses, accuracy and calibration of a reward model's scores.",
    discussion: """
      The input is one JSON object:

        {"rewards_chosen": [1.2, -0.3], "rewards_rejected": [0.7, 0.4],
         "margin": [0.5, 0], "center_rewards_coefficient": 0.01,
         "rankings": [[2.1, 0.3, -1]]}

      margin and center_rewards_coefficient are optional; rankings hold scores of
      several completions of one prompt, the best first, beside pairs or instead of
      them. --json prints one document with

        schema                    "tandem.explain.reward/1"
        rewards_chosen, rewards_rejected, margin, center_rewards_coefficient,
        rankings
                                    as they were used
        losses, loss              of each pair and their mean, with every setting
                                  that was given
        loss_plain, loss_margin, loss_center_…
                                    means with one setting alone, where it was given
        accuracy_strict_gt        share of pairs whose chosen score is strictly the
                                  higher
        accuracy_ties_half        the same with ties half right
        margin_mean               mean difference, TRL's margin
        min_reward, mean_reward, max_reward   of all scores
        probabilities             σ of each difference
        calibration               bins of σ(|difference|) from ½ to 1: lower, upper,
                                  count, confidence, accuracy
        expected_calibration_error   Σ share·|accuracy − confidence| over the bins
        overflows                 which losses float32 cannot hold
        losses_plackett_luce, loss_plackett_luce   of each ranking and their mean
        losses_all_pairs, loss_all_pairs
                                    mean of all pairs of each ranking, and their
                                    mean

      An input that breaks a rule is refused with every reason and exit code 65, a
      missing file with 66.

      EXAMPLES
        tandem explain reward --input scores.json
        tandem explain reward --input scores.json --json
      """)

  @OptionGroup var options: ExplainOptions

  func run() throws {
    try options.print(RewardExplanation(of: RewardInput(contentsOf: options.file)))
  }
}

/// `tandem explain kto`: the loss of completions without a partner.
struct ExplainKTOCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kto",
    abstract: "The loss, rewards and divergence of KTO on completions without a partner.",
    discussion: """
      The input is one JSON object of log-probabilities, summed over the tokens of a
      completion:

        {"chosen_logps": [-12, -8.5], "ref_chosen": [-12.5, -8],
         "rejected_logps": [-9.5], "ref_rejected": [-9],
         "KL_logps": [-30, -28, -33], "ref_KL_logps": [-31, -29, -32], "beta": 0.1}

      There may be another number of desirable (chosen) than of undesirable
      (rejected) completions, and none of one kind. KL lists hold prompts with
      completions of other prompts. Options have TRL's names and defaults: beta 0.1,
      desirable_weight 1, undesirable_weight 1, loss_type kto (apo_zero_unpaired,
      which needs no KL lists). ref_chosen and ref_rejected may end in _logps.
      --json prints one document with

        schema                    "tandem.explain.kto/1"
        the lists and options     as they were used
        kl_before_clamp, kl       mean log-ratio of the KL lists, and max(0, that)
        losses(des*chosen||und*rejected)
                                    weighted losses, those of chosen completions
                                    first
        loss                      their mean
        chosen_rewards, rejected_rewards   β·log π/π₀
        rewards/chosen, rewards/rejected, rewards/margins
                                    their means and the difference; null where there
                                    is no completion of a kind

      An input that breaks a rule is refused with every reason and exit code 65, a
      missing file with 66.

      EXAMPLES
        tandem explain kto --input completions.json
        tandem explain kto --input completions.json --json
      """)

  @OptionGroup var options: ExplainOptions

  func run() throws {
    try options.print(KTOExplanation(of: KTOInput(contentsOf: options.file)))
  }
}
