package import ArgumentParser

/// `tandem`: RLHF and DPO side by side, on the same preferences.
@main
package struct TandemCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "tandem",
    abstract: "Train RLHF and DPO on identical preferences and compare their reward curves.",
    discussion: """
      EXAMPLES
        tandem versus pairs.jsonl               # PPO and DPO on your own pairs
        tandem list                             # the experiments there are
        tandem run experiments/quick --output /tmp/q  # a comparison in a minute
        tandem run experiments/reward-curves --dry-run  # what it would cost
        tandem compare runs/a runs/b            # shared curves of two runs
        tandem identities                       # every theorem in numbers
        tandem claims results                   # every claim with its verdict
        tandem verify                           # results against their curves
        tandem dpo --data pairs.jsonl --model sft --output dpo
        tandem sample --model stories260K.bin --greedy  # other tools' files
        tandem doctor                           # this machine
        tandem explain variance --input bandit.json  # a theory in numbers
        tandem diagnose runs/reward-curves      # what a run suffers from

      Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 a
      broken theorem, 64 usage, 65 data, 66 missing input, 69 missing tool, 70
      numerical failure, 73 output cannot be created or is in use, 74 input/output,
      75 interrupted (the same command continues), 78 configuration.
      """,
    version: "0.1.0",
    subcommands: [
      VersusCommand.self, ListCommand.self, RunCommand.self, CompareCommand.self,
      ReportCommand.self, SFTCommand.self,
      RewardCommand.self, PPOCommand.self, DPOCommand.self, SampleCommand.self,
      ScoreCommand.self, EvaluateCommand.self, DiagnoseCommand.self, ExplainCommand.self,
      IdentitiesCommand.self, VarianceCommand.self, ClaimsCommand.self, VerifyCommand.self,
      DoctorCommand.self,
    ])

  package init() {}

  package static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      leave(with: error)
    }
  }
}
