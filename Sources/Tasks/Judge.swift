/// Who says which of two completions is better where policies are compared.
///
/// A task with a known reward has its gold. A user's own pairs have none: there a *referee* or the user's own score judges, or
/// nobody does.
public enum Judge: String, Codable, Sendable, CaseIterable {
  /// The task's own reward, from which the labels were drawn.
  case gold
  /// A reward model trained on pairs that no arm saw.
  case referee
  /// The user's score: a file of scores or a command that prints one number for each completion.
  case score

  /// The name under which an evaluation logs the mean of what the judge gives.
  public var rewardKey: String {
    switch self {
    case .gold: "eval/gold_reward"
    case .referee: "eval/referee_reward"
    case .score: "eval/score"
    }
  }

  /// The name of the standard error of that mean: completions of different prompts are independent, those of one are not.
  public var rewardErrorKey: String { rewardKey + "_se" }

  /// The name under which an evaluation logs how often the judge prefers a completion to an independent one of the reference.
  public var winRateKey: String {
    switch self {
    case .gold: "eval/win_rate"
    case .referee: "eval/referee_win_rate"
    case .score: "eval/score_win_rate"
    }
  }

  /// The name of the lower end of Wilson's interval of the win rate.
  public var winRateLowerKey: String { winRateKey + "_lower" }

  /// The name of the upper end of Wilson's interval of the win rate.
  public var winRateUpperKey: String { winRateKey + "_upper" }

  /// What the judge gives, as tables and axes name it.
  public var title: String {
    switch self {
    case .gold: "gold reward"
    case .referee: "referee reward"
    case .score: "score"
    }
  }

  /// What a win rate is measured by, as tables and axes name it.
  public var winRateTitle: String {
    switch self {
    case .gold: "win rate"
    case .referee: "win rate under the referee"
    case .score: "win rate under the score"
    }
  }

  /// What a reader has to know of the judge wherever its numbers are shown.
  public var caption: String {
    switch self {
    case .gold: "The gold reward is the one from which the preference labels were drawn."
    case .referee:
      "The referee is a reward model trained on pairs that no arm saw; it is not the truth."
    case .score: "The score is the user's own; it is as good as the file or command that gives it."
    }
  }
}
