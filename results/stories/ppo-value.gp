# Draws ppo-value.svg and ppo-value.png from ppo-value.csv:  gnuplot ppo-value.gp
set datafile separator ","
set title "PPO: explained variance of the value baseline" font ",13"
set xlabel "training step"
set ylabel "1 − Var(R − V)/Var(R)"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
data = "ppo-value.csv"
set terminal svg size 760,420 font "Helvetica,12" name "ppo_value" background rgb "white"
set output "ppo-value.svg"
plot data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves lc rgb "#0072B2" notitle, \
  data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#0072B2" title "PPO: explained variance", \
  data using ($1==1?$2:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with filledcurves lc rgb "#56B4E9" notitle, \
  data using ($1==1?$2:1/0):($1==1?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#56B4E9" title "PPO-GT: explained variance"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "ppo-value.png"
replot
