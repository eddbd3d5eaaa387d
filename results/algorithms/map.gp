# Where every algorithm ended: gold reward over KL, 95 % t intervals over seeds.   Redraw: gnuplot map.gp
set datafile separator "\t"
set encoding utf8
set key off
set logscale x
set xrange [0.1:40]
set yrange [-0.2:2]
set xlabel "sequence KL(π‖π_{ref}) at the end, nats (logarithmic)"
set ylabel "gold reward at the end"
set title "Every algorithm on the same pairs; arms that end below −0.2 are named at the foot"
set grid lc rgb "#e8e8e8"
isPolicy(name) = (name eq "PPO" || name eq "PPO-GT" || name eq "REINFORCE" || name eq "RLOO" || name eq "GRPO" || name eq "best-of-n")
shade(name) = isPolicy(name) ? 0x0072B2 : 0xD55E00
low = system("awk -F'\\t' 'NR > 1 && $5 < -0.2 {printf \"%s%s (gold %.1f, KL %.0f)\", sep, $1, $5, $2; sep = \",  \"}' map.csv")
set label 1 low at graph 0.01, 0.02 left font ",9" noenhanced
do for [kind in "svg png"] {
  if (kind eq "svg") { set terminal svg size 1200,800 font "sans-serif,12" } else { set terminal pngcairo size 1200,800 font "sans-serif,12" }
  set output "map.".kind
  plot "map.csv" using 2:($5 > -0.2 ? $5 : NaN):3:4:6:7:(shade(strcol(1))) every ::1 with xyerrorbars pt 7 ps 0.7 lw 0.6 lc rgb variable, \
       "" using 2:($5 > -0.2 ? $5 : NaN):1:(shade(strcol(1))) every ::1 with labels left offset 0.6,0.5 font ",9" noenhanced tc rgb variable
  unset output
}
